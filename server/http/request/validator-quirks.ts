// Corrections of express-openapi-validator 5.6.2, all in one place. Each quirk names its upstream issue and when
// its part can be removed. Two parts are elsewhere, because they do more than correct the validator:
// - http/names.ts checks names a second time. Keep it: names become paths on disk.
// - operations/reply-check.ts checks replies. The validator hooks `res.json` alone: it does not see `res.end` and
//   `res.send`, an undeclared status without a body, headers, a body on a 204, nor any reply of 500 and above
//   (express-openapi-validator#836, #1079). Its own check is off, so that one check sees everything. Remove when the
//   validator checks what is written, by any method.
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler } from 'express';
import type { SecurityHandler } from '../auth/authenticate.ts';
import type { ContractDocument } from '../contract.ts';
import { Failure } from '../reply/failures.ts';

/**
 * Refuses a path with a slash at its end: it is another path, and the contract has none. The validator lets it pass in
 * spite of `strict routing`, because its path-to-regexp 8 calls the option `trailing`.
 * No upstream issue found; seen in 5.6.2. Remove when `DELETE …/tags/v1/` is 404 without it.
 */
export const refuseTrailingSlash: RequestHandler = (request, _response, next) => {
  const end = request.url.indexOf('?');
  if (request.url.at(end === -1 ? -1 : end - 1) === '/') throw new Failure('api-not-found');
  next();
};

/**
 * Drops Content-Type before parameters are checked; no operation takes a body, so it means nothing. The validator makes
 * a cache key of it, compiles a check for each key and keeps it for ever. Worse, ajv resolves the key as a reference:
 * with `not_provided#/properties/body` nothing is checked and every name is legal. It comes after authentication, because
 * a signature may cover the header.
 * No upstream issue found (#344 was the same leak for responses); seen in 5.6.2. Remove when the key is made from the
 * contract's own media types.
 */
export const forgetContentType: RequestHandler = (request, _response, next) => {
  delete request.headers['content-type'];
  next();
};

/** A name that no contract can have (OpenAPI 3.1, 4.8.7.1). */
const EITHER = 'either scheme';

/** A scheme for which the validator looks at nothing in the request: the handler decides alone. */
const leftToHandler = { type: 'mutualTLS' };

/** A security scheme of the contract. */
interface Scheme {
  readonly type: string;
  readonly in?: string;
  readonly name?: string;
}

export interface Secured {
  readonly contract: ContractDocument;
  readonly handlers: Readonly<Record<string, SecurityHandler>>;
  /** Whether one of the schemes is met; undefined if that is left to the validator. */
  readonly isAuthenticated?: SecurityHandler;
}

/**
 * Replaces the security schemes among which a caller may choose by one scheme for all of them. The validator
 * tries every scheme and makes an error with its stack for each one that the caller does not use: with two schemes that
 * took 9 % of the server's CPU time. An operation with security of its own keeps it.
 * For the cost no upstream issue was found; which scheme's error was reported was #284 and #1118. Remove when the
 * validator makes no error for a scheme whose header is absent.
 * @param contract is changed
 * @param handlers for each scheme; asked in the contract's order if the caller sends the scheme's header
 */
export function withEitherScheme(
  contract: ContractDocument,
  handlers: Readonly<Record<string, SecurityHandler>>,
): Secured {
  const schemes = contract.components['securitySchemes'] as Record<string, Scheme>;
  const choices = (contract.security ?? []).map((requirement) => Object.keys(requirement));
  // Two schemes that must be met together are no choice; a scheme that is no header is left to the validator.
  if (choices.length === 0 || choices.some((names) => names.length !== 1)) return { contract, handlers };
  const alternatives = choices.flat().map((name) => ({ header: headerOf(schemes[name]), handler: handlers[name] }));
  if (alternatives.some(({ header }) => header === '')) return { contract, handlers };
  const isMet = (request: Request, from = 0): boolean | Promise<boolean> => {
    for (let at = from; at < alternatives.length; at += 1) {
      const { header = '', handler } = alternatives[at] ?? {};
      const isThisMet = hasHeader(request, header) && handler?.(request);
      if (isThisMet instanceof Promise) return isThisMet.then((isDone) => isDone || isMet(request, at + 1));
      if (isThisMet === true) return true;
    }
    return false;
  };
  const isAuthenticated: SecurityHandler = (request) => isMet(request);
  schemes[EITHER] = leftToHandler;
  return {
    contract: { ...contract, security: [{ [EITHER]: [] }] },
    handlers: { ...handlers, [EITHER]: isAuthenticated },
    isAuthenticated,
  };
}

/** The scheme's header in lower case; empty if the scheme is no header. */
function headerOf(scheme: Scheme | undefined): string {
  return scheme?.type === 'apiKey' && scheme.in === 'header' ? (scheme.name ?? '').toLowerCase() : '';
}

/** As in the validator, an empty header counts as absent. */
function hasHeader({ headers }: IncomingMessage, name: string): boolean {
  return Boolean(headers[name]);
}
