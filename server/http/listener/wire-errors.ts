// What node:http would answer by itself, or not at all, is answered in the contract's shape too.
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Failure, type FailureName } from '../reply/failures.ts';
import { fixedHeaders } from '../reply/send.ts';
import { newRequestId, REQUEST_ID_HEADER } from '../request-id.ts';
import type { Connections } from './connections.ts';

/** How long a refused connection stays open for the answer to be read, in milliseconds. */
const LINGER_MS = 1_000;

/** A refusal as it is reported to the operator; there is no request to log. */
export type ReportRefusal = (failure: Failure, requestId: string, remoteAddress: string | undefined) => void;

/** What node:http says of a connection that it cannot go on with. */
interface ClientError extends NodeJS.ErrnoException {
  /** The last packet, and how much of it was understood. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** Answers what never becomes a request of the app: unreadable, too slow, too large, CONNECT. */
export function answerWireErrors(server: Server, connections: Connections, report: ReportRefusal): void {
  const refused = new WeakSet<Duplex>();
  const refuseOnce = (socket: Duplex, failure: Failure): void => {
    // More of the same on a connection that has had its answer, or will have it.
    if (refused.has(socket)) return;
    refused.add(socket);
    // The app may have the request too, and answer it within this turn.
    setImmediate(() => refuseInTurn(socket, connections.underWay(socket), failure, report));
  };
  server.on('clientError', (error: ClientError, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuseOnce(socket, new Failure(failureOf(error, socket), { cause: error }));
  });
  server.on('connect', (_request, socket) => {
    // Node takes its own listener off a socket that it hands over: without one, a reset would end the process.
    socket.on('error', () => socket.destroy());
    refuseOnce(socket, new Failure('malformed-request', { detail: 'CONNECT' }));
  });
}

function failureOf({ code, rawPacket, bytesParsed }: ClientError, socket: Duplex): FailureName {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  if (code !== 'HPE_HEADER_OVERFLOW') return 'malformed-request';
  const isFirstPacket = rawPacket?.length === (socket as { readonly bytesRead?: number }).bytesRead;
  const hasRequestLine = rawPacket?.subarray(0, bytesParsed).includes('\n');
  return isFirstPacket && !hasRequestLine ? 'uri-too-long' : 'headers-too-large';
}

/** A request that never came to its end is what is refused; what came before it is answered first. */
function refuseInTurn(
  socket: Duplex,
  underWay: readonly ServerResponse[],
  failure: Failure,
  report: ReportRefusal,
): void {
  const before = underWay.findLast(({ req }) => req.complete);
  const rest = underWay.filter(({ req }) => !req.complete);
  const [unfinished] = rest;
  if (before !== undefined) before.once('close', () => refuseInTurn(socket, rest, failure, report));
  else if (unfinished?.writableFinished) socket.destroy();
  // The app has refused it already, in its own words.
  else if (unfinished?.headersSent) unfinished.once('close', () => socket.destroy());
  else refuse(socket, failure, report);
}

/** Writes an answer by hand: there is no response object for what is no request. */
function refuse(socket: Duplex, failure: Failure, report: ReportRefusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
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
