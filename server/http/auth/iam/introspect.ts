import type { AskIam } from './ask-iam.ts';
import { IamFailure } from './iam-failure.ts';
import { type Identity, isIdentityError, readIdentity } from './identity.ts';

/** Milliseconds for a whole check. */
const CHECK_MS = 5_000;

/** An identity, and which request to the identity service told it. */
export interface CheckedIdentity extends Identity {
  readonly iamRequestId: string | undefined;
}

/**
 * Asks the identity service about a token.
 * @returns undefined if the token is not valid
 * @throws IamFailure if the service does not say
 */
export type Introspect = (token: string) => Promise<CheckedIdentity | undefined>;

/**
 * Checks tokens by themselves: a caller may always ask about its own token (Keystone's policy identity:validate_token,
 * `token_subject`; the clouds document the same). So the server needs no account. `allow_expired` is never sent, and
 * neither is OpenStack-Identity-Access-Rules: without it Keystone refuses tokens that are restricted to some requests of
 * some services, and nothing here would enforce their rules.
 * @param now milliseconds since 1970
 */
export function createIntrospect(ask: AskIam, now: () => number = Date.now): Introspect {
  return async (token) => {
    const headers = { 'X-Auth-Token': token, 'X-Subject-Token': token };
    const { status, body, iamRequestId } = await ask('/auth/tokens?nocatalog', headers, CHECK_MS);
    const facts = { status, iamRequestId };
    if (status === 200) {
      const identity = readIdentity(body);
      if (identity === undefined) throw new IamFailure('iam-not-understood', 'no token of the Identity API v3', facts);
      return identity.expiresAt > now() ? { ...identity, iamRequestId } : undefined;
    }
    // A web server that knows no tokens answers 404 as well; then every good token would be refused.
    if (status === 401 || status === 404) {
      if (isIdentityError(body)) return undefined;
      throw new IamFailure('iam-not-understood', 'no error of the Identity API v3', facts);
    }
    throw new IamFailure('iam-refused', `answered ${status}`, facts);
  };
}
