// Refuses requests that are malformed for any operation, and turns every request target into a path that the router
// can match. Whether the path is legal is decided later.
import type { Request, RequestHandler } from 'express';
import { countHeaders } from '../message.ts';
import { Failure } from '../reply/failures.ts';

/** Max characters of a URL. Beyond that: 414. The longest legal path has names of 64 + 128 + 128, tripled if percent-encoded. */
const MAX_URL_LENGTH = 8192;

/** Max header fields of a request. Beyond that: 431. */
const MAX_HEADERS = 2_000;

/** @throws Failure `headers-too-large` */
export const limitHeaders: RequestHandler = ({ rawHeaders }, _response, next) => {
  // Names and values alternate.
  if (rawHeaders.length > 2 * MAX_HEADERS) throw new Failure('headers-too-large');
  next();
};

/**
 * HTTP/1.1 requires exactly one Host (RFC 9112, 3.2).
 * @throws Failure `malformed-request`
 */
export const requireHost: RequestHandler = (request, _response, next) => {
  const hosts = countHeaders(request, 'host');
  if (hosts > 1 || (hosts === 0 && request.httpVersion !== '1.0')) {
    throw new Failure('malformed-request', { detail: `${hosts === 0 ? 'no' : 'more than one'} Host header` });
  }
  next();
};

/**
 * Refuses every expectation but the only one that is defined, 100-continue, which node:http meets (RFC 9110, 10.1.1).
 * @throws Failure `expectation-failed`
 */
export const refuseExpectations: RequestHandler = (request, _response, next) => {
  const { expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') throw new Failure('expectation-failed');
  next();
};

/**
 * Turns a `%` that begins no valid escape into a literal `%`. No name allows one, so a malformed name is refused like
 * every other illegal name: after authentication, with the message of its parameter.
 * @throws Failure `uri-too-long`
 */
export const normalizeUrl: RequestHandler = (request, _response, next) => {
  if (request.url.length > MAX_URL_LENGTH) throw new Failure('uri-too-long');
  const end = request.url.indexOf('?');
  const path = end === -1 ? request.url : request.url.slice(0, end);
  if (path.includes('%') && !isDecodable(path)) {
    request.url = path.split('/').map(literalIfMalformed).join('/') + request.url.slice(path.length);
  }
  next();
};

/** Max characters of a path in the log; no legal path is longer. */
const LOGGED_PATH_LENGTH = 512;

/** The path for a log: as it was sent, without the query, which is no part of the operation and may hold secrets. */
export function loggedPathOf({ originalUrl }: Request): string {
  const end = originalUrl.indexOf('?');
  return originalUrl.slice(0, end === -1 ? LOGGED_PATH_LENGTH : Math.min(end, LOGGED_PATH_LENGTH));
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function literalIfMalformed(segment: string): string {
  return isDecodable(segment) ? segment : segment.replaceAll('%', '%25');
}
