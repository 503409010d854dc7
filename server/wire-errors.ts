// What node:http would answer by itself, or not at all, is answered in the contract's shape too.
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Failure, type FailureName } from './failures.ts';
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts';
import { fixedHeaders } from './send.ts';

/** How long a refused connection stays open for the answer to be read, in milliseconds. */
const LINGER_MS = 1_000;

const failureOfCode: Readonly<Record<string, FailureName>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** A refusal as it is reported to the operator; there is no request to log. */
export type ReportRefusal = (failure: Failure, requestId: string, remoteAddress: string | undefined) => void;

/** Answers what never becomes a request of the app: unreadable, too slow, too large, CONNECT, unknown expectations. */
export function answerWireErrors(server: Server, report: ReportRefusal): void {
  /** The response that a connection is at; while it is under way nothing else may be written. */
  const current = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (_request, response: ServerResponse) => {
    if (response.socket !== null) current.set(response.socket, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const failure = new Failure(failureOfCode[error.code ?? ''] ?? 'malformed-request', { cause: error });
    const response = current.get(socket);
    const isUnderWay = response !== undefined && !response.writableEnded && !response.destroyed;
    if (isUnderWay && response.req.complete) response.once('close', () => refuse(socket, failure, report));
    else if (isUnderWay && response.headersSent) socket.destroy();
    else refuse(socket, failure, report);
  });
  server.on('connect', (_request, socket) =>
    refuse(socket, new Failure('malformed-request', { detail: 'CONNECT' }), report),
  );
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
    refuse(request.socket, new Failure('expectation-failed'), report);
  });
}

/** Writes an answer by hand: there is no response object for what is no request. */
function refuse(socket: Duplex, failure: Failure, report: ReportRefusal): void {
  if (!socket.writable) return void socket.destroy();
  const requestId = newRequestId();
  report(failure, requestId, (socket as { readonly remoteAddress?: string }).remoteAddress);
  const body = JSON.stringify(failure.body(requestId));
  const headers = {
    ...fixedHeaders,
    ...failure.headers,
    [REQUEST_ID_HEADER]: requestId,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Date: new Date().toUTCString(),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`, ...lines, '', body].join('\r\n'));
  // What still arrives is read and dropped for a moment: closing over unread bytes would reset the connection, and
  // the answer with it (RFC 9112, 9.6).
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
