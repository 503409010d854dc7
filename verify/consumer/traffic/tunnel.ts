// One connection: passes bytes unchanged in both directions, and shows them to an onlooker.
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { TLSSocket, connect as tlsConnect } from 'node:tls';
import { openThrough } from '../../wire/forward-proxy.ts';
import type { Closer } from './recording.ts';

/** The address that the bytes go to. */
export interface Upstream {
  /** Such as `http://host:port`. */
  readonly origin: string;
  /** Prefix of every path of the contract: empty, or such as `/base`. Only used for judging; targets pass unchanged. */
  readonly basePath: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** Observes a connection. Nothing that it does changes what passes. */
export interface Onlooker {
  readonly isBusy: boolean;
  sent(bytes: Buffer): void;
  received(bytes: Buffer): void;
  end(closedBy: Closer): void;
}

export interface TunnelParts {
  readonly upstream: Upstream;
  /** The forward proxy on the way to it. */
  readonly forwardProxy: URL | undefined;
  readonly createOnlooker: () => Onlooker;
  /** Bytes passed, or a connection began. */
  readonly reportActivity: () => void;
  /** Adds a note to the report, for example that the provider cannot be reached. */
  readonly reportTrouble: (what: string) => void;
}

export interface Tunnel {
  readonly isBusy: boolean;
  readonly ended: Promise<void>;
  /** Ends it after passing on what has been received. If the other side does not read, this takes forever. */
  close(): void;
  destroy(): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;

/** Connects a consumer's socket, which may be half open, to a new connection to the provider. */
export function openTunnel(consumer: Socket, parts: TunnelParts): Tunnel {
  const { upstream, forwardProxy } = parts;
  const onlooker = guarded(parts.createOnlooker(), parts.reportTrouble);
  let provider: Socket | undefined;
  const fail = ({ code, message }: NodeJS.ErrnoException, isReached: boolean) => {
    if (!isReached) parts.reportTrouble(`${upstream.origin} cannot be reached: ${code ?? message}`);
    onlooker.end(isReached ? 'provider' : 'unreached');
    reset(consumer);
  };
  const join = (isTunnelled: boolean, socket: Socket) => {
    provider = socket;
    // The onlooker listens before the pipe does: it must know the request before the answer can arrive.
    watch(consumer, (bytes) => onlooker.sent(bytes), parts);
    watch(socket, (bytes) => onlooker.received(bytes), parts);
    socket.on('end', () => onlooker.end(consumer.readableEnded ? 'both' : 'provider'));
    consumer.pipe(socket);
    socket.pipe(consumer);
    // A connection that is reset on one side is reset on the other.
    let isReached = isTunnelled && !upstream.isTls;
    socket.once(upstream.isTls ? 'secureConnect' : 'connect', () => {
      isReached = true;
    });
    socket.on('error', (error) => fail(error, isReached));
  };
  consumer.setKeepAlive(true, KEEP_ALIVE_MS);
  consumer.on('error', () => provider && reset(provider));
  const ended = new Promise<void>((resolve) => {
    consumer.once('close', () => {
      onlooker.end('consumer');
      provider?.destroy();
      resolve();
    });
  });
  if (forwardProxy === undefined) {
    join(false, connectTo(upstream));
  } else {
    openThrough(forwardProxy, upstream, { timeoutMs: CONNECT_TIMEOUT_MS }).then(
      (socket) => (consumer.destroyed ? socket.destroy() : join(true, connectTo(upstream, socket))),
      (error) => fail(error, false),
    );
  }
  return {
    get isBusy() {
      return onlooker.isBusy;
    },
    ended,
    close: () => consumer.destroySoon(),
    destroy: () => consumer.destroy(),
  };
}

function watch(socket: Socket, look: (bytes: Buffer) => void, { reportActivity }: TunnelParts): void {
  socket.on('data', (bytes: Buffer) => {
    reportActivity();
    look(bytes);
  });
}

/** @param tunnel the forward proxy to go through, if any */
function connectTo({ host, port, isTls }: Upstream, tunnel?: Socket): Socket {
  if (tunnel !== undefined && !isTls) return tunnel;
  const options = { host, port, allowHalfOpen: true, noDelay: true, keepAlive: true };
  const tls = { servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] };
  const socket = isTls ? tlsConnect({ ...options, ...tls, ...(tunnel && { socket: tunnel }) }) : tcpConnect(options);
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => {
    socket.destroy(new Error(`no connection in ${CONNECT_TIMEOUT_MS / 1_000} s`));
  });
  return socket.once(isTls ? 'secureConnect' : 'connect', () => socket.setTimeout(0));
}

/** Only a TCP socket can be reset. */
function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** If the onlooker throws, the connection is no longer judged, but still passed on. */
function guarded(onlooker: Onlooker, reportTrouble: (what: string) => void): Onlooker {
  let hasFailed = false;
  const tryTo = (look: () => void) => {
    if (hasFailed) return;
    try {
      look();
    } catch (error) {
      hasFailed = true;
      reportTrouble(`a connection could not be judged: ${(error as Error).message}`);
    }
  };
  return {
    get isBusy() {
      return !hasFailed && onlooker.isBusy;
    },
    sent: (bytes) => tryTo(() => onlooker.sent(bytes)),
    received: (bytes) => tryTo(() => onlooker.received(bytes)),
    end: (closedBy) => tryTo(() => onlooker.end(closedBy)),
  };
}
