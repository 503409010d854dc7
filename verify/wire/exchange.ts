// Sends requests as bytes over a socket, and reads what comes back.
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AnswerReader } from './answer-reader.ts';
import { openThrough, proxyOf } from './forward-proxy.ts';
import type { Received } from './messages.ts';

/** The address of a provider. */
export interface Endpoint {
  readonly isTls: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The forward proxy on the way to it. */
  readonly proxy?: URL | undefined;
}

/**
 * Where a URL of http or https leads.
 * @param env names the forward proxies
 * @throws CannotRun if the environment names a proxy that is not a URL
 */
export function endpointOf(url: URL, env: NodeJS.ProcessEnv = process.env): Endpoint {
  const isTls = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return { isTls, hostname, port: Number(url.port) || (isTls ? 443 : 80), proxy: proxyOf(url, env) };
}

/** A request as bytes. */
export interface SentRequest {
  readonly method: string;
  readonly bytes: Buffer;
}

interface Options {
  /** From the attempt to connect to the end of the last answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** How long a connection that should be closed by the provider is watched for stray bytes, in milliseconds. */
const LINGER_MS = 100;

/** The connection could not be made. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
}

/**
 * Sends requests one after another on one connection: each as soon as the previous answer is complete.
 * @returns what came back for each; those behind a failure have the same failure
 * @throws NotConnected · AbortError if the signal aborts
 */
export async function exchange(
  endpoint: Endpoint,
  requests: readonly SentRequest[],
  { timeoutMs, signal }: Options,
): Promise<Received[]> {
  signal?.throwIfAborted();
  const socket = await connect(endpoint, timeoutMs, signal);
  const reader = new AnswerReader(socket, timeoutMs);
  const abort = () => socket.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const received: Received[] = [];
    for (const request of requests) {
      socket.write(request.bytes);
      const next = await reader.next(request.method);
      addStray(received, reader.strayBefore());
      received.push(next);
    }
    addStray(received, await reader.rest(LINGER_MS));
    return received;
  } finally {
    signal?.removeEventListener('abort', abort);
    socket.destroy();
    signal?.throwIfAborted();
  }
}

async function connect(endpoint: Endpoint, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  const { isTls, hostname: host, port, proxy } = endpoint;
  const tls = { host, ALPNProtocols: ['http/1.1'], ...(isIP(host) === 0 && { servername: host }) };
  if (proxy === undefined) {
    const socket = isTls ? connectTls({ port, ...tls }) : connectTcp({ host, port });
    return connected(socket, isTls, timeoutMs, signal);
  }
  const socket = await openThrough(proxy, { host, port }, { timeoutMs, signal }).catch((error: Error) => {
    throw new NotConnected(error.message);
  });
  return isTls ? connected(connectTls({ socket, ...tls }), isTls, timeoutMs, signal) : socket;
}

/** @throws NotConnected */
function connected(socket: Socket, isTls: boolean, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (reason: string) => {
      settle();
      socket.destroy();
      reject(new NotConnected(reason));
    };
    const abort = () => fail('interrupted');
    const timer = setTimeout(fail, timeoutMs, `no connection within ${timeoutMs} ms`);
    signal?.addEventListener('abort', abort, { once: true });
    socket.setNoDelay(true);
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) => fail(code ?? message));
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      settle();
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** Bytes after an answer belong to it: they would break the next answer on the connection. */
function addStray(received: Received[], stray: Buffer): void {
  const last = received.pop();
  if (last === undefined) return;
  const { answer, bytes } = last;
  received.push(
    answer === undefined || stray.length === 0
      ? last
      : { ...last, answer: { ...answer, stray }, bytes: Buffer.concat([bytes, stray]) },
  );
}
