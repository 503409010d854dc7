// The log: one line for each request, with the name of the answer and the reason for it.
import type { RequestHandler, Response } from 'express';
import { contextOf, startContext } from '../server/http/context.ts';
import type { Failure } from '../server/http/reply/failures.ts';
import { loggedPathOf } from '../server/http/request/target.ts';
import { REQUEST_ID_HEADER, requestIdOf } from '../server/http/request-id.ts';
import { answerNoteOf } from './answer-note.ts';

/** Writes one line of the log. @param line without a line break */
export type WriteLine = (line: string) => void;

/** Starts the request's context, and writes its line when the response is closed. */
export function observe(write: WriteLine): RequestHandler {
  return (request, response, next) => {
    startContext(response, requestIdOf(request.get(REQUEST_ID_HEADER)));
    const asked = `${request.method} ${printable(loggedPathOf(request))}`;
    response.once('close', () => write(lineOf(asked, response)));
    next();
  };
}

/** The line for bytes that never became a request. */
export function lineOfRefusal({ kind, status, cause }: Failure, requestId: string): string {
  const reason = printable((cause as Error | undefined)?.message ?? 'refused before routing');
  return `${now()} no request -> ${status} ${kind} (${reason}) ${requestId}`;
}

function lineOf(asked: string, response: Response): string {
  const { requestId, startedAt } = contextOf(response);
  const { example, why } = answerNoteOf(response) ?? { example: undefined, why: 'documentation' };
  const status = response.headersSent ? response.statusCode : 'no answer';
  const name = example === undefined ? '' : ` ${example}`;
  const cut = response.writableFinished || !response.headersSent ? '' : ', cut off';
  const ms = (performance.now() - startedAt).toFixed(1);
  return `${now()} ${asked} -> ${status}${name} (${printable(why)}${cut}) ${ms} ms ${requestId}`;
}

function now(): string {
  return new Date().toISOString();
}

/** Replaces all but printable ASCII, so that a caller cannot forge a log line or control a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
