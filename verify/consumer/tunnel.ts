// One connection: bytes pass as they are, in both directions, and somebody looks on.
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Closer } from './recording.ts';

/** Where the bytes go. */
export interface Upstream {
  /** As `http://host:port`. */
  readonly origin: string;
  /** Comes before every path of the contract: empty, or as `/base`. For judging alone, as targets pass unchanged. */
  readonly basePath: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** Who looks on at a connection; nothing that it does changes what passes. */
export interface Onlooker {
  readonly isBusy: boolean;
  sent(bytes: Buffer): void;
  received(bytes: Buffer): void;
  end(closedBy: Closer): void;
}

export interface TunnelParts {
  readonly upstream: Upstream;
  readonly createOnlooker: () => Onlooker;
  /** Bytes passed, or a connection began. */
  readonly reportActivity: () => void;
  /** What somebody who reads the report has to know, as that the provider cannot be reached. */
  readonly reportTrouble: (what: string) => void;
}

export interface Tunnel {
  readonly isBusy: boolean;
  readonly ended: Promise<void>;
  /** Ends it, once what has been received is passed on: never, where nobody reads it. */
  close(): void;
  destroy(): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;

/** Joins a consumer's connection, which allows for being half open, to one of its own at the provider. */
export function openTunnel(consumer: Socket, parts: TunnelParts): Tunnel {
  const onlooker = guarded(parts.createOnlooker(), parts.reportTrouble);
  const provider = connectTo(parts.upstream);
  consumer.setKeepAlive(true, KEEP_ALIVE_MS);
  // The onlooker comes before the pipe: it has to know a request before the answer can arrive.
  watch(consumer, (bytes) => onlooker.sent(bytes), parts);
  watch(provider, (bytes) => onlooker.received(bytes), parts);
  provider.on('end', () => onlooker.end(consumer.readableEnded ? 'both' : 'provider'));
  consumer.pipe(provider);
  provider.pipe(consumer);
  // A connection that is reset on one side is reset on the other.
  let isReached = false;
  provider.once(parts.upstream.isTls ? 'secureConnect' : 'connect', () => {
    isReached = true;
  });
  provider.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (!isReached) parts.reportTrouble(`${parts.upstream.origin} cannot be reached: ${code ?? message}`);
    onlooker.end(isReached ? 'provider' : 'proxy');
    reset(consumer);
  });
  consumer.on('error', () => reset(provider));
  const ended = new Promise<void>((resolve) => {
    consumer.once('close', () => {
      onlooker.end('consumer');
      provider.destroy();
      resolve();
    });
  });
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

function connectTo({ host, port, isTls }: Upstream): Socket {
  const options = { host, port, allowHalfOpen: true, noDelay: true, keepAlive: true };
  const socket = isTls
    ? tlsConnect({ ...options, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] })
    : tcpConnect(options);
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => {
    socket.destroy(new Error(`no connection in ${CONNECT_TIMEOUT_MS / 1_000} s`));
  });
  return socket.once(isTls ? 'secureConnect' : 'connect', () => socket.setTimeout(0));
}

/** Only TCP knows a reset. */
function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** An onlooker that fails looks away: its connection is no longer judged, and still passed on. */
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
