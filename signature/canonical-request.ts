// The canonical form of a request that SDK-HMAC-SHA256 signs, as the vendor's signing guide lays it down.
import { hash } from 'node:crypto';

/** A request as far as a signature covers it. */
export interface SignedRequest {
  readonly method: string;
  /** As it is sent: path and query, percent-encoded or not. */
  readonly target: string;
  /**
   * How the path is encoded. `decoded`, the default: each segment is decoded and encoded anew, so that `team$app` and
   * `team%24app` are the same. `raw`: each segment is encoded as it is sent, which is what the vendor's Node SDK does
   * with a name that its caller has percent-encoded already.
   */
  readonly path?: 'decoded' | 'raw';
  /** The signed headers: names in lower case, values as they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The hexadecimal SHA-256 of the body, or what X-Sdk-Content-Sha256 says instead. */
  readonly bodyHash: string;
}

/** The body hash of a request without a body. */
export const EMPTY_BODY_HASH = sha256('');

/** @throws URIError where the target holds a malformed percent-encoding */
export function canonicalRequest({ method, target, headers, bodyHash, ...options }: SignedRequest): string {
  const [path = '', query = ''] = split(target);
  const decode = options.path === 'raw' ? (segment: string) => segment : decodeURIComponent;
  const names = Object.keys(headers).toSorted();
  return [
    method,
    canonicalPath(path, decode),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n');
}

function split(target: string): string[] {
  const query = target.indexOf('?');
  return query === -1 ? [target] : [target.slice(0, query), target.slice(query + 1)];
}

/** It ends with a slash, whatever the path does. */
function canonicalPath(path: string, decode: (segment: string) => string): string {
  const encoded = path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value.join('=')))}`;
  });
  return pairs.toSorted().join('&');
}

/** RFC 3986, 2.3: everything is encoded but letters, digits, `-`, `.`, `_` and `~`. */
function encode(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Hexadecimal digits. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}
