import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import getRawBody from 'raw-body';
import { contextOf } from '../context.ts';
import { Failure } from '../reply/failures.ts';

/** The operation takes no body; one up to this many bytes is read, as a signature covers it, and ignored. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Whether a part of the body is still to come: what is answered now cannot be followed by another request. */
export function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}

/**
 * Reads a body up to a limit, in bytes: no operation takes one, but a signature covers it. Not express.raw: that
 * reads all of what it refuses, however much it is, before it says so.
 * @throws Failure `body-too-large` or `malformed-request`
 */
export function readBody(limit: number): RequestHandler {
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
