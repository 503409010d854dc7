import type { Middleware } from 'openapi-fetch';
import { authToken } from '../generated/contract.ts';
import { type AccessKeyPair, signingHeaders } from '../signature/sign.ts';

/** Authenticates the caller: a token, which is sent, or an access key pair, which signs. */
export type Credentials = { readonly token: string } | AccessKeyPair;

/**
 * Puts the credentials on every try. Each try is signed anew: a signature is valid for 15 minutes.
 * @param now the clock that dates signatures
 * @throws TypeError if there is not exactly one way to authenticate, or a header cannot carry it; no credential is quoted
 */
export function authentication(credentials: Credentials, now: () => Date): Middleware {
  const { token, accessKey, secretKey } = credentials as Partial<AccessKeyPair & { token: string }>;
  const isKeyPair = Boolean(accessKey && secretKey);
  if (Boolean(token) === isKeyPair || (!isKeyPair && (accessKey || secretKey))) {
    throw new TypeError('either a token, or an accessKey and a secretKey are needed');
  }
  for (const credential of [token, accessKey]) {
    if (credential && !/^[\x21-\x7e]+$/.test(credential))
      throw new TypeError('a credential holds a character that no header can carry');
  }
  return {
    onRequest({ request }) {
      const headers: Record<string, string> = token
        ? { [authToken.header]: token }
        : signingHeaders(
            request.method,
            new URL(request.url),
            { accessKey: accessKey ?? '', secretKey: secretKey ?? '' },
            now(),
          );
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    },
  };
}
