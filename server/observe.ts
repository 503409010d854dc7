// What an operator sees of a request: one log line, which is the audit trail too, and the metrics.
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { contextOf, startContext } from './context.ts';
import type { Metrics } from './metrics.ts';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts';
import { fixedHeaders } from './send.ts';

/** A path in the log is cut here, in characters: what is longer is no name. */
const LOGGED_PATH_LENGTH = 512;

/** Opens the request's record, sets the headers that every response has, and reports when the response is out. */
export function observe(log: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const context = startContext(response, requestIdOf(request.get(REQUEST_ID_HEADER)));
    response.set({ ...fixedHeaders, [REQUEST_ID_HEADER]: context.requestId });
    metrics.requestsInFlight.inc();
    const { method } = request;
    // Without the query: it is no part of the operation, and people put secrets there.
    const path = request.originalUrl.split('?', 1)[0]?.slice(0, LOGGED_PATH_LENGTH);
    const remoteAddress = request.socket.remoteAddress;
    response.once('close', () => {
      const { requestId, operationId, principal, image, digests, failure } = contextOf(response);
      const seconds = (performance.now() - context.startedAt) / 1000;
      const status = response.statusCode;
      const outcome = response.writableFinished ? (failure?.kind ?? 'done') : 'aborted';
      metrics.requestsInFlight.dec();
      metrics.requestSeconds.observe({ operation: operationId ?? '', status, outcome }, seconds);
      log[status >= 500 ? 'error' : 'info'](
        {
          requestId,
          remoteAddress,
          method,
          path,
          operation: operationId,
          principal: principal?.name,
          ...image,
          digests,
          status,
          outcome,
          durationMs: Math.round(seconds * 1e6) / 1e3,
          err: status >= 500 ? failure?.cause : undefined,
        },
        'request',
      );
    });
    next();
  };
}
