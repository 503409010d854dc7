// Reports every request to the log when its response is closed.
import type { RequestHandler, Response } from 'express';
import { contextOf, startContext } from '../server/http/context.ts';
import { loggedPathOf } from '../server/http/request/target.ts';
import { REQUEST_ID_HEADER, requestIdOf } from '../server/http/request-id.ts';
import type { MockLog } from './log.ts';
import { answerNoteOf } from './scenarios/answer-note.ts';

/** Starts the request's context, and logs the request when the response is closed. */
export function observe(log: MockLog): RequestHandler {
  return (request, response, next) => {
    startContext(response, requestIdOf(request.get(REQUEST_ID_HEADER)));
    const { method } = request;
    const path = loggedPathOf(request);
    response.once('close', () => log.request({ method, path, ...answerOf(response) }));
    next();
  };
}

function answerOf(response: Response) {
  const { requestId, startedAt } = contextOf(response);
  // The documentation alone is sent without a note.
  const unnoted = response.headersSent ? 'documentation' : 'the caller closed the connection';
  const { example, why } = answerNoteOf(response) ?? { example: undefined, why: unnoted };
  return {
    requestId,
    status: response.headersSent ? response.statusCode : undefined,
    example,
    why,
    isCutOff: response.headersSent && !response.writableFinished,
    ms: performance.now() - startedAt,
  };
}
