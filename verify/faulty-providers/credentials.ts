// Who asks: a token, or a signature with an access key pair.
import { authToken, requestSignature } from '../../generated/contract.ts';
import { EMPTY_BODY_HASH } from '../../signature/canonical-request.ts';
import {
  ALGORITHM,
  type Authorization,
  BODY_HASH_HEADER,
  DATE_HEADER,
  parseAuthorization,
  parseDate,
  signatureOf,
} from '../../signature/sign.ts';
import type { Call, Rule, Sent } from './behaviour.ts';
import type { ErrorName } from './names.ts';
import type { Caller, World } from './world.ts';

export const TOKEN_HEADER = authToken.header.toLowerCase();

/** The tokens of a request; an empty one is none. */
export function tokensOf({ headers }: Pick<Sent, 'headers'>): readonly string[] {
  return (headers[TOKEN_HEADER] ?? []).filter((token) => token !== '');
}

/** The Authorization header, if it is of our scheme. */
function signatureText({ headers }: Pick<Sent, 'headers'>): string | undefined {
  return headers['authorization']?.find((value) => value.split(' ', 1)[0] === ALGORITHM);
}

function authorizationOf(sent: Pick<Sent, 'headers'>): Authorization | undefined {
  return parseAuthorization(signatureText(sent) ?? '');
}

const signedAt = ({ headers }: Pick<Sent, 'headers'>) => headers[DATE_HEADER]?.[0];

/** The caller with this token or this access key. Whether the signature is right is a matter of the rules. */
export function callerOf(sent: Sent, { allowed, forbidden }: World): Caller | undefined {
  const accessKey = authorizationOf(sent)?.accessKey;
  const [token, ...more] = tokensOf(sent);
  if (more.length > 0) return undefined;
  return [allowed, forbidden].find((caller) => caller.token === token || caller.accessKey === accessKey);
}

/** The signature that a caller's secret key makes of a request: of its path decoded, or as it was sent. */
function isSignedBy(caller: Caller, sent: Sent, { signedHeaders, signature }: Authorization): boolean {
  const { method, path, query, headers } = sent;
  const signed = Object.fromEntries(signedHeaders.map((name) => [name, headers[name]?.join(', ') ?? '']));
  const request = {
    method,
    target: query === '' ? path : `${path}?${query}`,
    headers: signed,
    bodyHash: headers[BODY_HASH_HEADER]?.[0] ?? EMPTY_BODY_HASH,
  };
  return (['decoded', 'raw'] as const).some((encoding) => {
    try {
      return signatureOf({ ...request, path: encoding }, signedAt(sent) ?? '', caller.secretKey) === signature;
    } catch {
      return false; // a malformed percent-encoding cannot have been signed
    }
  });
}

/** Seconds since the request was signed, or undefined if it does not say when. */
export function ageOf(sent: Pick<Sent, 'headers'>): number | undefined {
  const date = parseDate(signedAt(sent) ?? '');
  return date && (Date.now() - date.getTime()) / 1000;
}

/** The rules of authentication. */
export const credentialRules: readonly Rule[] = [
  { refuses: 'missing-credentials', when: (call) => tokensOf(call).length === 0 && signatureText(call) === undefined },
  { refuses: 'ambiguous-credentials', when: (call) => tokensOf(call).length > 0 && signatureText(call) !== undefined },
  {
    refuses: 'unknown-token',
    when: (call) => tokensOf(call).some((token) => call.caller === undefined || token.length > authToken.maxLength),
  },
  { refuses: 'malformed-authorization', when: (call) => signatureText(call) !== undefined && !isReadable(call) },
  onSignature('unsigned-date', ({ signedHeaders }) => !signedHeaders.includes(DATE_HEADER)),
  onSignature('absent-signed-header', ({ signedHeaders }, { headers }) => signedHeaders.some((name) => !headers[name])),
  onSignature('expired-signature', (_, call) => Math.abs(ageOf(call) ?? 0) > requestSignature.maxClockSkewSeconds),
  onSignature('bad-signature', (parsed, call) => call.caller === undefined || !isSignedBy(call.caller, call, parsed)),
];

/** Whether header and date are of the form that the algorithm has. A date that is not there is another rule's. */
function isReadable(call: Call): boolean {
  return authorizationOf(call) !== undefined && (signedAt(call) === undefined || ageOf(call) !== undefined);
}

function onSignature(refuses: ErrorName, isWrong: (authorization: Authorization, call: Call) => boolean): Rule {
  return {
    refuses,
    when: (call) => {
      const authorization = authorizationOf(call);
      return authorization !== undefined && isWrong(authorization, call);
    },
  };
}
