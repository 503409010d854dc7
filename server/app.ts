// The way of a request, from its record to its reply. Nothing here listens or reads the environment.
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { type Authenticators, securityHandlers } from './http/auth/authenticate.ts';
import type { ContractDocument } from './http/contract.ts';
import { createHttpApp } from './http/create-app.ts';
import type { HttpApp } from './http/http-app.ts';
import { readBody } from './http/request/body.ts';
import { limitHeaders, normalizeUrl, refuseExpectations, requireHost } from './http/request/target.ts';
import { validateRequests } from './http/request/validate.ts';
import { takeTurns } from './limits/take-turns.ts';
import { throttle } from './limits/throttle.ts';
import { createCheckedReplies } from './operations/checked-reply.ts';
import { type DispatchParts, dispatch } from './operations/dispatch.ts';
import type { Metrics } from './operator/metrics/metrics.ts';
import { observe } from './operator/observe.ts';
import type { ClientAddress } from './operator/trust-proxy.ts';

/** What the app is made of. */
export interface AppParts extends DispatchParts {
  readonly contract: ContractDocument;
  readonly authenticators: Authenticators;
  /** Each principal's requests a minute; 0 is no limit. */
  readonly requestsPerMinute: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The client's address in the log; by default the other end of the connection. */
  readonly clientAddress?: ClientAddress | undefined;
  /** Fires when the process is about to end: the log tells then what is unfinished. */
  readonly ending?: AbortSignal;
  /** Serves the rendered contract. */
  readonly docs?: RequestHandler;
}

/** The application around the contract's operations, ready to be given to a listener. */
export function createApp(parts: AppParts): HttpApp {
  const { sendReply, answerFailure } = createCheckedReplies(parts.contract);
  return createHttpApp(
    [
      observe(parts), // request id; at the end the log line and the metrics
      takeTurns(), // work under way goes on, however many requests arrive
      limitHeaders, // 431
      requireHost, // 400
      refuseExpectations, // 417
      normalizeUrl, // 414
      ...(parts.docs ? [parts.docs] : []),
      readBody(), // 413
      validateRequests(parts.contract, securityHandlers(parts.authenticators)), // 404, 405, 401, 400
      ...throttle(parts.requestsPerMinute), // 429
      dispatch(parts, sendReply), // 403, 404, 500; 429 when too much is under way
    ],
    answerFailure,
  );
}
