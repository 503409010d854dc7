import { authToken } from '../generated/contract.ts';
import { type AccessKeyPair, signingHeaders } from '../signature/sign.ts';
import { checkHeaderValue, type TokenFunction, TokenSource } from './token-source.ts';

/**
 * Authenticates the caller: a token, which is sent, or an access key pair, which signs. A token function is called before
 * the first request, and once more after a 401: programs may run longer than a token is valid.
 */
export type Credentials = { readonly token: string | TokenFunction } | AccessKeyPair;

/** In lower case, as Headers would have it: a fetch that is given gets the headers as they are. */
const TOKEN_HEADER = authToken.header.toLowerCase();

/** The headers that authenticate a request. */
export type AuthHeaders = Readonly<Record<string, string>>;

/** Authenticates each try. */
export interface Authentication {
  /**
   * Each try is signed anew: a signature is valid for 15 minutes.
   * @param target the URL of the try @param signal of the try
   * @throws TagDeleteError if a token function gives no token
   */
  headers(method: string, target: string, signal: AbortSignal): AuthHeaders | Promise<AuthHeaders>;
  /** Takes note of headers that were answered 401. @returns whether to try again, with other headers */
  refuse(headers: AuthHeaders): boolean;
}

/**
 * @param now the clock that dates signatures
 * @throws TypeError if there is not exactly one way to authenticate, or a header cannot carry it; no credential is quoted
 */
export function createAuthentication(credentials: Credentials, now: () => Date): Authentication {
  const { token, accessKey, secretKey } = credentials as Partial<AccessKeyPair & { token: string | TokenFunction }>;
  const isKeyPair = Boolean(accessKey && secretKey);
  if (Boolean(token) === isKeyPair || (!isKeyPair && (accessKey || secretKey))) {
    throw new TypeError(`${lackIn(credentials)}either a token, or an accessKey and a secretKey are needed`);
  }
  if (typeof token === 'function') return byTokenFunction(new TokenSource(token));
  checkHeaderValue(token ?? accessKey, 'a credential');
  if (token !== undefined) return byToken(token);
  const keys = { accessKey: accessKey ?? '', secretKey: secretKey ?? '' };
  return {
    headers: (method, target) => signingHeaders(method, new URL(target), keys, now()),
    refuse: () => false,
  };
}

/** The options that authenticate. */
export const CREDENTIAL_NAMES: readonly string[] = ['token', 'accessKey', 'secretKey'];

/** Credentials that are given without a value, such as a variable of the environment that is not set. */
function lackIn(credentials: object): string {
  const lacking = Object.entries(credentials)
    .filter(([name, value]) => CREDENTIAL_NAMES.includes(name) && !value)
    .map(([name, value]) => `${name} is ${value === '' ? 'empty' : value}`);
  return lacking.length === 0 ? '' : `${lacking.join(' and ')}: `;
}

function byToken(token: string): Authentication {
  const headers = { [TOKEN_HEADER]: token };
  return { headers: () => headers, refuse: () => false };
}

function byTokenFunction(source: TokenSource): Authentication {
  return {
    headers: async (_method, _target, signal) => ({ [TOKEN_HEADER]: await source.token(signal) }),
    refuse: (headers) => source.refuse(headers[TOKEN_HEADER] ?? ''),
  };
}
