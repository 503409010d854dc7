// What is known of a request while it is on its way. One log line and the metrics are made of it.
import type { Response } from 'express';
import type { ImageTag } from '../store.ts';
import type { Principal } from './principals.ts';
import type { Failure } from './reply/failures.ts';

export interface RequestContext {
  readonly requestId: string;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  /** The request's body, where it has one. */
  body?: Buffer;
  operationId?: string;
  principal?: Principal;
  /** Why it is not known who asks. It is noted here, because the validator forgets what a handler of its security threw. */
  authenticationFailure?: Failure;
  /** The handler's work, which may outlast its answer; whether it has ended. */
  work?: Promise<unknown>;
  isWorkOver?: boolean;
  /** What the request was answered with, where that is no success. */
  failure?: Failure;
  image?: ImageTag;
  /** What was deleted. */
  digests?: readonly string[];
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
