// Judges credentials from outside: their number and length. Whether they are valid only the provider knows.
import { ALGORITHM } from '../../signature/sign.ts';
import { type CredentialsCause, unauthorized } from '../contract/causes.ts';
import type { Operation, SecurityScheme } from '../contract/contract.ts';
import { type RequestMessage, valuesOf } from '../wire/messages.ts';
import { fault, type RequestFault } from './request-fault.ts';

/** Messages do not quote values: those are secrets. */
export function judgeCredentials(operation: Operation, request: RequestMessage): RequestFault[] {
  const { security, pointer } = operation;
  const refuse = (cause: CredentialsCause, rule: string, message: string) => [
    fault(onlyCause(operation, cause), rule, '401', message),
  ];
  if (security.length === 0) return [];
  const sent = security.map((scheme) => ({ scheme, values: sentBy(request, scheme) }));
  const used = sent.filter(({ values }) => values.length > 0);
  if (used.length === 0) {
    const names = security.map(({ header }) => header).join(' or ');
    return refuse('missing', `${pointer}/security`, `The request has no credentials: ${names} is needed.`);
  }
  const kinds = new Set(used.filter(isOfItsKind).map(({ scheme }) => scheme.kind));
  if (kinds.size > 1) {
    return refuse(
      'ambiguous',
      `${pointer}/security`,
      'The request has both a token and a signature: it must have only one.',
    );
  }
  return used.flatMap(({ scheme, values }) => {
    if (scheme.kind !== 'token') return [];
    const { header, maxLength = Number.POSITIVE_INFINITY } = scheme;
    if (values.length > 1) return refuse('unknown-token', scheme.pointer, `The request has more than one ${header}.`);
    if (values.every((value) => value.length <= maxLength)) return [];
    return refuse(
      'unknown-token',
      `${scheme.pointer}/x-max-length`,
      `The ${header} is longer than ${maxLength} characters.`,
    );
  });
}

interface Sent {
  readonly scheme: SecurityScheme;
  readonly values: readonly string[];
}

const sentBy = (request: RequestMessage, { header }: SecurityScheme): string[] =>
  valuesOf(request, header).filter((value) => value !== '');

/** The signature's header may hold credentials of another scheme, which do not count. */
const isOfItsKind = ({ scheme, values }: Sent): boolean =>
  scheme.kind === 'token' || values.some((value) => value.split(' ', 1)[0] === ALGORITHM);

/** Names a cause only if it is the only one possible. */
function onlyCause(operation: Operation, cause: CredentialsCause) {
  const [first, ...others] = unauthorized(operation, cause) ?? [];
  return others.length > 0 ? undefined : first;
}
