import { authToken } from '../generated/contract.ts';
import { type AccessKeyPair, signingHeaders } from '../signature/sign.ts';
import { checkHeaderValue, type TokenFunction, TokenSource } from './token-source.ts';

/**
 * Authenticates the caller: a token, which is sent, or an access key pair, which signs. A token function is called before
 * the first request, and once more after a 401: programs may run longer than a token is valid.
 */
export type Credentials = { readonly token: string | TokenFunction } | AccessKeyPair;

type Headers = Readonly<Record<string, string>>;

/** The headers that authenticate a try. */
export interface Authentication {
  /**
   * Each try is signed anew: a signature is valid for 15 minutes.
   * @throws TagDeleteError if a token function gives no token
   */
  headers(method: string, url: URL, signal: AbortSignal): Promise<Headers>;
  /** Takes note of headers that were answered 401. @returns whether to try again, with other headers */
  refuse(headers: Headers): boolean;
}

/**
 * @param now the clock that dates signatures
 * @throws TypeError if there is not exactly one way to authenticate, or a header cannot carry it; no credential is quoted
 */
export function createAuthentication(credentials: Credentials, now: () => Date): Authentication {
  const { token, accessKey, secretKey } = credentials as Partial<AccessKeyPair & { token: string | TokenFunction }>;
  const isKeyPair = Boolean(accessKey && secretKey);
  if (Boolean(token) === isKeyPair || (!isKeyPair && (accessKey || secretKey))) {
    throw new TypeError('either a token, or an accessKey and a secretKey are needed');
  }
  if (typeof token === 'function') return byTokenFunction(new TokenSource(token));
  checkHeaderValue(token ?? accessKey, 'a credential');
  const keys = { accessKey: accessKey ?? '', secretKey: secretKey ?? '' };
  return {
    headers: async (method, url) =>
      token === undefined ? signingHeaders(method, url, keys, now()) : { [authToken.header]: token },
    refuse: () => false,
  };
}

function byTokenFunction(source: TokenSource): Authentication {
  return {
    headers: async (_method, _url, signal) => ({ [authToken.header]: await source.token(signal) }),
    refuse: (headers) => source.refuse(headers[authToken.header] ?? ''),
  };
}
