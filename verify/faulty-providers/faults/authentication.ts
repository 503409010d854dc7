// Who asks, not asked well enough.
import { authToken, requestSignature } from '../../../generated/contract.ts';
import type { Behaviour, Call } from '../behaviour.ts';
import { catalogue, correct } from '../correct.ts';
import { ageOf, callerOf, TOKEN_HEADER, tokensOf } from '../credentials.ts';
import { type Fault, refusing, without } from '../fault.ts';

/** Takes everybody who is not known for somebody who may delete. */
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
    loss: 'everybody deletes images',
    caughtBy: ['authentication/none'],
    change: withRules(withoutStatus(401), (_, world) => world.allowed),
  },
  {
    name: 'authentication-only-where-tried',
    loss: 'everybody deletes images who sends no credentials at all',
    caughtBy: ['authentication/none'],
    change: withRules(without('missing-credentials'), (sent, world) =>
      sent.headers[TOKEN_HEADER] || sent.headers['authorization'] ? callerOf(sent, world) : world.allowed,
    ),
  },
  {
    name: 'unknown-token-accepted',
    loss: 'everybody deletes images who sends any token',
    caughtBy: ['authentication/unknown-token'],
    change: withRules(
      refusing('unknown-token', () => (call) => tokensOf(call).length > 1),
      (sent, world) => (tokensOf(sent).length === 1 ? anybody(sent, world) : callerOf(sent, world)),
    ),
  },
  {
    name: 'empty-token-accepted',
    loss: 'a script whose variable is not set deletes images, and so does everybody else',
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
    loss: 'clients do not obtain a new token when theirs is over',
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
    loss: 'everybody with a token deletes everybody’s images',
    caughtBy: ['forbidden/'],
    change: without('namespace-not-permitted'),
  },
  {
    name: 'wrong-signature-accepted',
    loss: 'everybody deletes images who has seen an access key',
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
    loss: 'everybody deletes images who makes up an access key',
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
    loss: 'a request signed ahead of time works on a day of its thief’s choice',
    caughtBy: ['authentication/signed-too-late'],
    change: refusing('expired-signature', () => (call) => (ageOf(call) ?? 0) > requestSignature.maxClockSkewSeconds),
  },
  {
    name: 'unsigned-date-accepted',
    loss: 'the date of a signature is not among what it says it signs',
    caughtBy: ['authentication/unsigned-date'],
    change: without('unsigned-date'),
  },
  {
    name: 'absent-signed-header-accepted',
    loss: 'a header that a proxy took away is not missed',
    caughtBy: ['authentication/absent-signed-header'],
    change: without('absent-signed-header'),
  },
  {
    name: 'ambiguous-credentials-accepted',
    loss: 'whose right counts and who stands in the audit log is anybody’s guess',
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
