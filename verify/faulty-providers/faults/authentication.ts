// Authentication that is not checked strictly enough.
import { authToken, requestSignature } from '../../../generated/contract.ts';
import type { Behaviour, Call } from '../behaviour.ts';
import { catalogue, correct } from '../correct.ts';
import { ageOf, callerOf, TOKEN_HEADER, tokensOf } from '../credentials.ts';
import { type Fault, refusing, without } from '../fault.ts';

/** Treats every unknown caller as one that may delete. */
const anybody: Behaviour['callerOf'] = (sent, world) => callerOf(sent, world) ?? world.allowed;

const withRules = (rules: Partial<Behaviour>, callers: Behaviour['callerOf']): Partial<Behaviour> => ({
  ...rules,
  callerOf: callers,
});

const withoutStatus = (status: number) =>
  without(...correct.rules.map(({ refuses }) => refuses).filter((name) => catalogue[name].status === status));

export const authenticationFaults: readonly Fault[] = [
  {
    name: 'authentication-ignored',
    loss: 'anyone can delete images',
    caughtBy: ['authentication/none'],
    change: withRules(withoutStatus(401), (_, world) => world.allowed),
  },
  {
    name: 'authentication-only-where-tried',
    loss: 'a caller without any credentials can delete images',
    caughtBy: ['authentication/none'],
    change: withRules(without('missing-credentials'), (sent, world) =>
      sent.headers[TOKEN_HEADER] || sent.headers['authorization'] ? callerOf(sent, world) : world.allowed,
    ),
  },
  {
    name: 'unknown-token-accepted',
    loss: 'any made-up token can delete images',
    caughtBy: ['authentication/unknown-token'],
    change: withRules(
      refusing('unknown-token', () => (call) => tokensOf(call).length > 1),
      (sent, world) => (tokensOf(sent).length === 1 ? anybody(sent, world) : callerOf(sent, world)),
    ),
  },
  {
    name: 'empty-token-accepted',
    loss: 'an empty token can delete images, for example from a script with an unset variable',
    caughtBy: ['authentication/empty-token'],
    change: withRules(
      refusing(
        'missing-credentials',
        ({ when }) =>
          (call) =>
            !call.headers[TOKEN_HEADER] && when(call),
      ),
      (sent, world) => (sent.headers[TOKEN_HEADER]?.[0] === '' ? world.allowed : callerOf(sent, world)),
    ),
  },
  {
    name: 'duplicated-token-accepted',
    loss: 'a proxy and the provider may judge different tokens',
    caughtBy: ['authentication/token-twice', 'authentication/known-and-unknown-token'],
    change: {
      callerOf: (sent, world) =>
        callerOf({ ...sent, headers: { ...sent.headers, [TOKEN_HEADER]: tokensOf(sent).slice(0, 1) } }, world),
    },
  },
  {
    name: 'oversized-token-as-431',
    loss: 'a client that obtains a new token on 401 does not',
    caughtBy: ['authentication/over-length-token'],
    change: {
      error: (name, requestId, call) => {
        const isTooLong = call && tokensOf(call).some((token) => token.length > authToken.maxLength);
        return correct.error(isTooLong ? 'headers-too-large' : name, requestId);
      },
    },
  },
  {
    name: 'token-cut-short-accepted',
    loss: 'a token can be guessed letter by letter',
    caughtBy: ['authentication/shorter-token'],
    change: {
      callerOf: (sent, world) => {
        const [token, ...more] = tokensOf(sent);
        if (token === undefined || more.length > 0) return callerOf(sent, world);
        return [world.allowed, world.forbidden].find((caller) => caller.token.startsWith(token));
      },
    },
  },
  {
    name: 'unauthorized-as-forbidden',
    loss: 'clients do not renew an expired token',
    caughtBy: ['authentication/none'],
    change: {
      error: (name, requestId) =>
        correct.error(catalogue[name].status === 401 ? 'namespace-not-permitted' : name, requestId),
    },
  },
  {
    name: 'unauthorized-sent-to-a-login-page',
    loss: 'clients follow the redirect and take the page for a success',
    caughtBy: ['authentication/none'],
    change: {
      error: (name, requestId) => {
        const answer = correct.error(name, requestId);
        const redirect = { 'X-Request-Id': requestId, Location: '/login', 'Content-Length': '0' };
        return answer.status === 401 ? { status: 302, headers: redirect, body: '' } : answer;
      },
    },
  },
  {
    name: 'permission-ignored',
    loss: 'any caller with a token can delete the images of all others',
    caughtBy: ['forbidden/'],
    change: without('namespace-not-permitted'),
  },
  {
    name: 'wrong-signature-accepted',
    loss: 'a caller that knows only an access key can delete images',
    caughtBy: ['authentication/wrong-secret-key', 'authentication/changed-signature'],
    change: refusing(
      'bad-signature',
      () =>
        ({ caller }) =>
          caller === undefined,
    ),
  },
  {
    name: 'unknown-access-key-accepted',
    loss: 'a made-up access key can delete images',
    caughtBy: ['authentication/unknown-access-key'],
    change: withRules(
      refusing(
        'bad-signature',
        ({ when }) =>
          (call) =>
            callerOf(call, call.world) !== undefined && when(call),
      ),
      (sent, world) => (tokensOf(sent).length === 0 ? anybody(sent, world) : callerOf(sent, world)),
    ),
  },
  {
    name: 'expired-signature-accepted',
    loss: 'a recorded request can be sent again for ever',
    caughtBy: ['authentication/signed-too-early'],
    change: without('expired-signature'),
  },
  {
    name: 'signature-of-the-future-accepted',
    loss: 'a stolen request that was signed ahead of time works on a later day',
    caughtBy: ['authentication/signed-too-late'],
    change: refusing('expired-signature', () => (call) => (ageOf(call) ?? 0) > requestSignature.maxClockSkewSeconds),
  },
  {
    name: 'unsigned-date-accepted',
    loss: 'the date of a request is not covered by its signature',
    caughtBy: ['authentication/unsigned-date'],
    change: without('unsigned-date'),
  },
  {
    name: 'absent-signed-header-accepted',
    loss: 'a signed header that a proxy removed goes unnoticed',
    caughtBy: ['authentication/absent-signed-header'],
    change: without('absent-signed-header'),
  },
  {
    name: 'ambiguous-credentials-accepted',
    loss: 'it is unclear which caller’s rights count and which one the audit log names',
    caughtBy: ['authentication/both-ways'],
    change: without('ambiguous-credentials'),
  },
  {
    name: 'signature-over-dollar-refused',
    loss: 'the vendor’s Node SDK, which sends a plain $, deletes nothing in team/app',
    caughtBy: ['delete/by-signature'],
    change: refusing(
      'bad-signature',
      ({ when }) =>
        (call) =>
          when(call) || (isSigned(call) && call.path.includes('$')),
    ),
  },
];

function isSigned({ headers }: Call): boolean {
  return headers['authorization'] !== undefined;
}
