// One security scheme in place of those that the contract leaves to the caller's choice. express-openapi-validator tries
// every scheme, and makes an error with its stack for each that the caller does not use: with two of them 9 % of the
// server's CPU time, on every request that is authenticated. Its copy of the contract gets a scheme that stands for all.
import type { IncomingMessage } from 'node:http';
import type { SecurityHandler } from '../auth/authenticate.ts';
import type { ContractDocument } from '../contract.ts';

/** No name that a contract can have (OpenAPI 3.1, 4.8.7.1). */
const EITHER = 'either scheme';

/** A scheme that nothing in the request stands for by itself: whether it is met is the handler's to say. */
const leftToHandler = { type: 'mutualTLS' };

/** A scheme of the contract. */
interface Scheme {
  readonly type: string;
  readonly in?: string;
  readonly name?: string;
}

interface Secured {
  readonly contract: ContractDocument;
  readonly handlers: Readonly<Record<string, SecurityHandler>>;
}

/**
 * An operation with security of its own keeps it.
 * @param contract is changed
 * @param handlers for each scheme, asked in the contract's order where the caller sends the scheme's header
 */
export function withEitherScheme(
  contract: ContractDocument,
  handlers: Readonly<Record<string, SecurityHandler>>,
): Secured {
  const schemes = contract.components['securitySchemes'] as Record<string, Scheme>;
  const choices = (contract.security ?? []).map((requirement) => Object.keys(requirement));
  // Two schemes that have to be met together are no choice; one that is no header is the validator's.
  if (choices.length === 0 || choices.some((names) => names.length !== 1)) return { contract, handlers };
  const alternatives = choices.flat().map((name) => ({ header: headerOf(schemes[name]), handler: handlers[name] }));
  if (alternatives.some(({ header }) => header === '')) return { contract, handlers };
  const isMet: SecurityHandler = (request) =>
    alternatives.some(({ header, handler }) => hasHeader(request, header) && handler?.(request) === true);
  schemes[EITHER] = leftToHandler;
  return { contract: { ...contract, security: [{ [EITHER]: [] }] }, handlers: { ...handlers, [EITHER]: isMet } };
}

/** @returns its name, empty where the scheme is something else */
function headerOf(scheme: Scheme | undefined): string {
  return scheme?.type === 'apiKey' && scheme.in === 'header' ? (scheme.name ?? '').toLowerCase() : '';
}

/** As the validator has it: an empty one counts as none. */
function hasHeader({ headers }: IncomingMessage, name: string): boolean {
  return Boolean(headers[name]);
}
