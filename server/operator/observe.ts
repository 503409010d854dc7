// What an operator sees of a request: one log line, which is also the audit trail, and the metrics.
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { type RequestContext, startContext } from '../http/context.ts';
import { loggedPathOf } from '../http/request/target.ts';
import { REQUEST_ID_HEADER, requestIdOf } from '../http/request-id.ts';
import { inTime, NotInTime } from '../process/in-time.ts';
import { StoreError } from '../store.ts';
import type { Metrics } from './metrics.ts';

/** Milliseconds for which a report waits for work that outlasts its answer. */
const WORK_TIMEOUT_MS = 60_000;

/** Opens the request's record, and reports it when answer and work are over. */
export function observe(log: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const context = startContext(response, requestIdOf(request.get(REQUEST_ID_HEADER)));
    metrics.requestsInFlight.inc();
    const facts = factsOf(request);
    response.once('close', () => {
      metrics.requestsInFlight.dec();
      // As it is now: what is written to a closed connection later does not count.
      const answer = {
        status: response.headersSent ? response.statusCode : undefined,
        delivered: response.writableFinished,
      };
      if (context.work === undefined || context.isWorkOver) report(context, facts, answer, log, metrics);
      else void endOfWork(context.work).then(() => report(context, facts, answer, log, metrics));
    });
    next();
  };
}

/** Read at the start, because a socket forgets its address and later steps change the URL. */
function factsOf(request: Request): Facts {
  const { method, socket } = request;
  return { remoteAddress: socket.remoteAddress, method, path: loggedPathOf(request) };
}

/** Waits, because a delete whose caller went away or was answered 500 may still succeed, and is on record then. */
async function endOfWork(work: Promise<unknown>): Promise<void> {
  await inTime(work, WORK_TIMEOUT_MS).catch(() => undefined);
}

/** What is known from the start. */
interface Facts {
  readonly remoteAddress: string | undefined;
  readonly method: string;
  readonly path: string;
}

/** What the caller got. */
interface Answer {
  readonly status: number | undefined;
  readonly delivered: boolean;
}

function report(
  { requestId, startedAt, operationId, principal, audit, failure, work }: RequestContext,
  { remoteAddress, method, path }: Facts,
  { status, delivered }: Answer,
  log: Logger,
  metrics: Metrics,
): void {
  const seconds = (performance.now() - startedAt) / 1000;
  // A caller that goes away before the work begins changes nothing.
  const outcome = failure?.kind ?? (work === undefined && !delivered ? 'abandoned' : 'done');
  metrics.requestSeconds.observe({ operation: operationId ?? '', status: status ?? '', outcome }, seconds);
  const isServerError = (failure?.status ?? 0) >= 500;
  if (isServerError) metrics.storeFailures.inc({ kind: kindOf(failure?.cause) });
  // What is undefined is left out.
  log[isServerError ? 'error' : 'info'](
    {
      requestId,
      remoteAddress,
      method,
      path,
      operation: operationId,
      principal: principal?.name,
      ...audit,
      status,
      outcome,
      // False when the connection ended before the answer reached the caller.
      delivered: delivered ? undefined : false,
      durationMs: Math.round(seconds * 1e6) / 1e3,
      err: isServerError ? failure?.cause : undefined,
    },
    'request',
  );
}

/** What was wrong with the store, as far as the error tells. */
function kindOf(cause: unknown): string {
  if (cause instanceof StoreError) return cause.kind;
  return cause instanceof NotInTime ? 'not-in-time' : 'defect';
}
