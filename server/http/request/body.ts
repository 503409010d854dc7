import type { RequestHandler } from 'express';
import getRawBody from 'raw-body';
import { contextOf } from '../context.ts';
import { Failure } from '../reply/failures.ts';

/** Max bytes of a request's body. Beyond that: 413, before it is read. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads the body. No operation takes one, but a signature covers it. Not express.raw, which reads all of a body that it
 * refuses before it says so.
 * @param limit in bytes
 * @throws Failure `body-too-large` or `malformed-request`
 */
export function readBody(limit = MAX_BODY_BYTES): RequestHandler {
  return (request, response, next) => {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    if (length === undefined && coding === undefined) return next();
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
      throw new Failure('malformed-request', { detail: 'a Transfer-Encoding other than chunked' });
    }
    return getRawBody(request, { limit, ...(length !== undefined && { length }) }).then(
      (body) => {
        contextOf(response).body = body;
        next();
      },
      (cause: { readonly type?: string }) => {
        if (cause.type === 'entity.too.large') throw new Failure('body-too-large', { cause });
        throw new Failure('malformed-request', { detail: 'the body ended early', cause });
      },
    );
  };
}
