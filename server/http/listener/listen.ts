// The listener: limits and time-outs of connections, and how to close it.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIPv6, Server as NetServer } from 'node:net';
import type { HttpApp } from '../http-app.ts';
import { Connections } from './connections.ts';
import { messageClassesOf } from './message-classes.ts';
import { withRoutableTarget } from './origin-form.ts';
import { answerWireErrors, type ReportRefusal } from './wire-errors.ts';

/** Bounds of a connection; times in milliseconds. */
export interface Limits {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  /** Request line and all header fields together. */
  readonly maxHeaderBytes: number;
}

export const defaultLimits: Limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 60_000,
  maxHeaderBytes: 32 * 1024,
};

/**
 * Max connections that wait to be accepted. With Node's 511 a crowd loses its first packets, and sends them again after
 * 1 s, then 3 s. The kernel cuts this to its own bound (somaxconn).
 */
const BACKLOG = 4_096;

/** Milliseconds after which a closing listener cuts off connections that have sent no complete request. */
const SILENT_MS = 1_000;

/** Milliseconds for which a closing listener keeps idle connections, for requests that are already on their way. */
const LAST_REQUESTS_MS = 250;

/** Milliseconds between node:http's looks for connections that are over their time. */
const TIMEOUT_CHECK_MS = 1_000;

/** A listener that is open. */
export interface Listener {
  readonly url: string;
  /**
   * Stops accepting, lets requests in flight finish, then closes.
   * @param graceMs milliseconds after which what is still in flight is cut off; called again, a shorter one counts
   * @returns whether everything finished in time
   */
  close(graceMs: number): Promise<boolean>;
}

interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly limits?: Limits;
  readonly reportRefusal?: ReportRefusal;
  /** Headers of answers to bytes that never become a request. */
  readonly refusalHeaders?: Readonly<Record<string, string>>;
}

/** Opens a port for an app. @throws what node:net throws, such as EADDRINUSE */
export async function listen(
  app: HttpApp,
  { host, port, limits = defaultLimits, reportRefusal = () => undefined, refusalHeaders = {} }: ListenOptions,
): Promise<Listener> {
  const handle = withRoutableTarget(app);
  const server = createServer(
    {
      headersTimeout: limits.headersTimeout,
      requestTimeout: limits.requestTimeout,
      keepAliveTimeout: limits.keepAliveTimeout,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      maxHeaderSize: limits.maxHeaderBytes,
      // The app answers a missing Host (request/target.ts); node:http's own answer has no body.
      requireHostHeader: false,
      ...messageClassesOf(app),
    },
    handle,
  );
  // Not node:http's 2,000, beyond which it drops headers without a word; the app refuses so many (request/target.ts).
  server.maxHeadersCount = 0;
  // The app refuses an expectation that cannot be met, in its turn.
  server.on('checkExpectation', handle);
  const connections = new Connections(server);
  answerWireErrors(server, connections, { report: reportRefusal, headers: refusalHeaders });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: actualPort } = server.address() as AddressInfo;
  const ending: Ending = { server, connections, isCut: false };
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${actualPort}`,
    close: (graceMs) => close(ending, graceMs),
  };
}

/** A listener that closes; a second call of close shares it with the first. */
interface Ending {
  readonly server: Server;
  readonly connections: Connections;
  /** Whether requests in flight were cut off. */
  isCut: boolean;
}

async function close(ending: Ending, graceMs: number): Promise<boolean> {
  const { server, connections } = ending;
  // Not node:http's own close: it cuts off idle connections at once, and with them requests that were just sent.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  connections.announceEnd();
  // A connection that becomes idle after this moment has had its answer.
  let idle: NodeJS.Timeout | undefined;
  const last = setTimeout(
    () => {
      server.closeIdleConnections();
      idle = setInterval(() => server.closeIdleConnections(), 50);
    },
    Math.min(graceMs, LAST_REQUESTS_MS),
  );
  const silent = setTimeout(() => connections.destroyIdle(), Math.min(graceMs, SILENT_MS));
  const cut = setTimeout(() => {
    ending.isCut = true;
    server.closeAllConnections();
  }, graceMs);
  await closed;
  for (const timer of [last, idle, silent, cut]) clearTimeout(timer);
  // This stops node:http's own timer.
  server.close();
  return !ending.isCut;
}
