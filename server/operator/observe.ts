// What an operator sees of a request: one log line, which is also the audit trail, and the metrics.
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { type RequestContext, startContext } from '../http/context.ts';
import type { Caller } from '../http/principals.ts';
import { loggedPathOf } from '../http/request/target.ts';
import { REQUEST_ID_FIELD, requestIdOf } from '../http/request-id.ts';
import { NotInTime } from '../process/in-time.ts';
import { withoutStack } from '../process/without-stack.ts';
import { StoreError } from '../store.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createRequestLine, type WriteRequestLine } from './request-line.ts';
import { type ClientAddress, peerAddress } from './trust-proxy.ts';

/** Milliseconds for which a report waits for work that outlasts its answer. Then it says that the work goes on. */
const WORK_TIMEOUT_MS = 60_000;

interface Parts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clientAddress?: ClientAddress | undefined;
  /** Fires when the process is about to end: what still waits for its work is reported then. */
  readonly ending?: AbortSignal;
}

/** Opens the request's record, and reports it when answer and work are over. */
export function observe({ log, metrics, clientAddress = peerAddress, ending }: Parts): RequestHandler {
  const waiting: Waiting = new Set();
  const logOf = callerLogs(log);
  ending?.addEventListener('abort', () => waiting.forEach((giveUp) => void giveUp()));
  return (request, response, next) => {
    const context = startContext(response, requestIdOf(request.headers[REQUEST_ID_FIELD]));
    metrics.requestsInFlight.inc();
    const facts = factsOf(request, clientAddress);
    response.once('close', () => {
      metrics.requestsInFlight.dec();
      // As it is now: what is written to a closed connection later does not count.
      const answer = {
        status: response.headersSent ? response.statusCode : undefined,
        delivered: response.writableFinished,
      };
      const { work, isWorkOver } = context;
      const first = (isUnfinished?: true) => {
        count(context, { ...answer, isUnfinished }, metrics);
        report(context, facts, { ...answer, isUnfinished }, logOf(context));
      };
      if (work === undefined || isWorkOver) first();
      else reportLater(work, waiting, { first, second: () => report(context, facts, answer, logOf(context)) });
    });
    next();
  };
}

/**
 * The log of each caller. What is known of it is turned into JSON once and not for each of its requests: one that an
 * identity service knows has five fields, which took a twentieth of the server's CPU time.
 */
function callerLogs(log: Logger): (context: RequestContext) => CallerLog {
  const ofStrangers: CallerLog = { log, writeLine: createRequestLine(log) };
  const known = new WeakMap<Caller, CallerLog>();
  return ({ principal }) => {
    if (principal === undefined) return ofStrangers;
    const seen = known.get(principal);
    if (seen !== undefined) return seen;
    const child = log.child({ principal: principal.name, ...principal.facts });
    const own = { log: child, writeLine: createRequestLine(child) };
    known.set(principal, own);
    return own;
  };
}

/** Where lines go: those of errors through pino, which serializes the error. */
interface CallerLog {
  readonly log: Logger;
  readonly writeLine: WriteRequestLine;
}

/** Read at the start, because a socket forgets its address and later steps change the URL. */
function factsOf(request: Request, clientAddress: ClientAddress): Facts {
  return { remoteAddress: clientAddress(request), method: request.method, path: loggedPathOf(request) };
}

/** Reports that wait for work; called, each reports at once. */
type Waiting = Set<() => void>;

interface Reports {
  readonly first: (isUnfinished?: true) => void;
  readonly second: () => void;
}

/**
 * Reports when the work is over, because a delete whose caller went away or was answered 500 may still succeed. A report
 * that cannot wait so long is followed by a second one when the work ends.
 */
function reportLater(work: Promise<unknown>, waiting: Waiting, { first, second }: Reports): void {
  const giveUp = () => void (stopWaiting() && first(true));
  const timer = setTimeout(giveUp, WORK_TIMEOUT_MS).unref();
  const stopWaiting = () => {
    clearTimeout(timer);
    return waiting.delete(giveUp);
  };
  waiting.add(giveUp);
  void work.catch(() => undefined).then(() => (stopWaiting() ? first() : second()));
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
  /** Whether the work goes on. */
  readonly isUnfinished?: true | undefined;
}

function count(context: RequestContext, answer: Answer, metrics: Metrics): void {
  const { operationId: operation = '' } = context;
  const labels = { operation, status: answer.status ?? '', outcome: outcomeOf(context, answer) };
  metrics.requestSeconds.observe(labels, secondsOf(context));
  const isOfStore = isServerError(context) && context.failure?.kind !== 'authentication-unavailable';
  if (isOfStore) metrics.storeFailures.inc({ kind: kindOf(context.failure?.cause) });
}

function secondsOf({ startedAt }: RequestContext): number {
  return (performance.now() - startedAt) / 1000;
}

function outcomeOf({ failure, work }: RequestContext, { delivered, isUnfinished }: Answer): string {
  if (failure !== undefined) return failure.kind;
  if (isUnfinished) return 'unfinished';
  // A caller that goes away before the work begins changes nothing.
  return work === undefined && !delivered ? 'abandoned' : 'done';
}

function isServerError({ failure }: RequestContext): boolean {
  return (failure?.status ?? 0) >= 500;
}

function report(context: RequestContext, facts: Facts, answer: Answer, { log, writeLine }: CallerLog): void {
  const { remoteAddress, method, path } = facts;
  const { status, delivered, isUnfinished } = answer;
  const { requestId, operationId, audit } = context;
  // What is undefined is left out.
  const line = {
    requestId,
    remoteAddress,
    method,
    path,
    operation: operationId,
    ...audit,
    status,
    outcome: outcomeOf(context, answer),
    unfinished: isUnfinished,
    // False when the connection ended before the answer reached the caller.
    delivered: delivered ? undefined : false,
    durationMs: Math.round(secondsOf(context) * 1e6) / 1e3,
  };
  if (isServerError(context)) log.error({ ...line, err: causeOf(context) }, 'request');
  else writeLine(line);
}

/** Why a request failed. The answer of one that took too long knows nothing of how its work failed later. */
function causeOf({ failure, workFailure }: RequestContext): unknown {
  const cause = failure?.cause;
  if (!(cause instanceof NotInTime) || workFailure === undefined) return cause;
  return withoutStack(() => new Error(`${cause.message}; then it failed`, { cause: workFailure }));
}

/** What was wrong with the store, as far as the error tells. */
function kindOf(cause: unknown): string {
  if (cause instanceof StoreError) return cause.kind;
  return cause instanceof NotInTime ? 'not-in-time' : 'defect';
}
