import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { contextOf } from '../http/context.ts';
import { Failure } from '../http/reply/failures.ts';

const WINDOW_MS = 60_000;

/**
 * Limits each principal's requests; beyond that the answer is `throttled` with Retry-After. It comes after
 * authentication and validation, so that a stranger cannot use up a principal's share.
 * @param requestsPerMinute 0 switches it off
 */
export function throttle(requestsPerMinute: number): RequestHandler[] {
  if (requestsPerMinute === 0) return [];
  const limit = rateLimit({
    windowMs: WINDOW_MS,
    limit: requestsPerMinute,
    standardHeaders: false,
    legacyHeaders: false,
    keyGenerator: (_request, response) => contextOf(response).principal?.name ?? '',
    handler: (request, _response, next) => {
      const { resetTime } = (request as typeof request & { readonly rateLimit: { readonly resetTime?: Date } })
        .rateLimit;
      const waitMs = (resetTime?.getTime() ?? Date.now() + WINDOW_MS) - Date.now();
      next(new Failure('throttled', { headers: { 'Retry-After': Math.max(1, Math.ceil(waitMs / 1000)) } }));
    },
  });
  return [limit];
}
