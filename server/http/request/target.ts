// Makes of every request target a path that the router can match, without deciding anything about it.
import type { Request, RequestHandler } from 'express';
import { countHeaders } from '../message.ts';
import { Failure } from '../reply/failures.ts';

/** The longest legal path has 64 + 128 + 128 characters of names, threefold where each is percent-encoded. */
const MAX_URL_LENGTH = 8192;

/**
 * HTTP/1.1 asks for exactly one Host (RFC 9112, 3.2).
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
 * The one expectation that there is, 100-continue, is met by node:http (RFC 9110, 10.1.1).
 * @throws Failure `expectation-failed`
 */
export const refuseExpectations: RequestHandler = (request, _response, next) => {
  const { expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') throw new Failure('expectation-failed');
  next();
};

/**
 * A `%` that begins no valid escape becomes a literal `%`, which no name allows: so a malformed name is refused where
 * every other illegal name is, after authentication, and with the message of its parameter.
 * @throws Failure `uri-too-long`
 */
export const normalizeUrl: RequestHandler = (request, _response, next) => {
  if (request.url.length > MAX_URL_LENGTH) throw new Failure('uri-too-long');
  const end = request.url.indexOf('?');
  const path = end === -1 ? request.url : request.url.slice(0, end);
  if (path.includes('%') && !isDecodable(path)) {
    request.url = path.split('/').map(literalWhereMalformed).join('/') + request.url.slice(path.length);
  }
  next();
};

/** A path in the log is cut here, in characters: what is longer is no name. */
const LOGGED_PATH_LENGTH = 512;

/** The path as a log has it: as it was sent, without the query, which is no part of the operation; people put secrets there. */
export function loggedPathOf({ originalUrl }: Request): string {
  return (originalUrl.split('?', 1)[0] ?? '').slice(0, LOGGED_PATH_LENGTH);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function literalWhereMalformed(segment: string): string {
  return isDecodable(segment) ? segment : segment.replaceAll('%', '%25');
}
