import type { Principal } from '../principals.ts';
import type { Authenticators } from './authenticate.ts';
import type { TokenChecks } from './iam/check-tokens.ts';
import { createCallerOfIdentity } from './iam/iam-callers.ts';
import { createSignatureVerifier } from './signature.ts';
import { createTokenLookup } from './token.ts';

/**
 * The ways in for the entries of a credentials file. A token is looked up in the file first, which asks nobody.
 * @param checks the identity service, if there is one. They outlive the file: its entries say where a caller may delete,
 *   not whether its token is valid.
 */
export function createAuthenticators(principals: readonly Principal[], checks?: TokenChecks): Authenticators {
  const principalOfToken = createTokenLookup(principals);
  const callerOfIdentity = createCallerOfIdentity(principals);
  return {
    principalOfToken: (token) => {
      const principal = principalOfToken(token);
      if (principal !== undefined || checks === undefined) return principal;
      const identity = checks.identityOf(token);
      if (identity instanceof Promise) return identity.then((one) => one && callerOfIdentity(one));
      return identity && callerOfIdentity(identity);
    },
    verifySignature: createSignatureVerifier(principals),
  };
}
