// Answers in the contract's shape what node:http would answer by itself, or not at all.
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Failure, type FailureName } from '../reply/failures.ts';
import { fixedHeaders } from '../reply/send.ts';
import { newRequestId, REQUEST_ID_HEADER } from '../request-id.ts';
import type { Connections } from './connections.ts';

/** Milliseconds for which a refused connection stays open, so that the answer can be read. */
const LINGER_MS = 1_000;

/** Reports a refusal to the operator: there is no request to log. */
export type ReportRefusal = (failure: Failure, requestId: string, remoteAddress: string | undefined) => void;

/** What goes with every refusal. */
interface Refusals {
  readonly report: ReportRefusal;
  /** Headers beside those of every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** node:http's error for a connection that it cannot read on. */
interface ClientError extends NodeJS.ErrnoException {
  /** The last packet, and how many of its bytes were understood. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** Answers what never becomes a request of the app: what is unreadable, too slow or too large, and CONNECT. */
export function answerWireErrors(server: Server, connections: Connections, refusals: Refusals): void {
  const refused = new WeakSet<Duplex>();
  const refuseOnce = (socket: Duplex, failure: Failure): void => {
    // The connection has its answer, or will have it: more bytes bring more of the same error.
    if (refused.has(socket)) return;
    refused.add(socket);
    // The app may have the request too, and answer it within this turn.
    setImmediate(() => refuseInTurn(socket, connections.underWay(socket), failure, refusals));
  };
  server.on('clientError', (error: ClientError, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuseOnce(socket, new Failure(failureOf(error, socket), { cause: error }));
  });
  server.on('connect', (_request, socket) => {
    // Node removes its own listener from a socket that it hands over; without one, a reset would end the process.
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

/** Refuses the request that never came to its end, after the answers to the requests before it. */
function refuseInTurn(socket: Duplex, underWay: readonly ServerResponse[], failure: Failure, refusals: Refusals): void {
  const before = underWay.findLast(({ req }) => req.complete);
  const rest = underWay.filter(({ req }) => !req.complete);
  const [unfinished] = rest;
  if (before !== undefined) before.once('close', () => refuseInTurn(socket, rest, failure, refusals));
  else if (unfinished?.writableFinished) socket.destroy();
  // The app has refused it already.
  else if (unfinished?.headersSent) unfinished.once('close', () => socket.destroy());
  else refuse(socket, failure, refusals);
}

/** Writes an answer by hand: without a request there is no response object. */
function refuse(socket: Duplex, failure: Failure, { report, headers: ownHeaders }: Refusals): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = newRequestId();
  report(failure, requestId, (socket as { readonly remoteAddress?: string }).remoteAddress);
  const body = JSON.stringify(failure.body(requestId));
  const headers = {
    ...fixedHeaders,
    ...ownHeaders,
    ...failure.headers,
    [REQUEST_ID_HEADER]: requestId,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Date: new Date().toUTCString(),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`, ...lines, '', body].join('\r\n'));
  // Reads and drops what still arrives for a moment: closing over unread bytes would reset the connection, and the
  // answer could be lost (RFC 9112, 9.6).
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
