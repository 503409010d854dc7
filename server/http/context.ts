// What is known of a request on its way. Its log line and the metrics are made from it.
import type { Response } from 'express';
import type { Caller } from './principals.ts';
import type { Failure } from './reply/failures.ts';

export interface RequestContext {
  readonly requestId: string;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** The request's body, if it has one. */
  body?: Buffer;
  operationId?: string;
  principal?: Caller;
  /** Why the caller is unknown. Noted here, because the validator forgets what a security handler throws. */
  authenticationFailure?: Failure;
  /** The handler's work, which may outlast its answer. */
  work?: Promise<unknown>;
  /** Whether that work has ended. */
  isWorkOver?: boolean;
  /** Why it failed. */
  workFailure?: unknown;
  /** What the request was answered with, unless it succeeded. */
  failure?: Failure;
  /** What the operation adds to the request's log line, such as the names and digests of what it deleted. */
  audit?: object;
}

/** Starts the record of a request. */
export function startContext(response: Response, requestId: string): RequestContext {
  const context: RequestContext = { requestId, startedAt: performance.now() };
  response.locals['context'] = context;
  return context;
}

/** The record of the request that this response answers. */
export function contextOf(response: Response): RequestContext {
  return response.locals['context'] as RequestContext;
}
