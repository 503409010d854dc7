// Listens for the consumer and opens a tunnel to the provider for each connection.
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { proxyOf } from '../../wire/forward-proxy.ts';
import { openTunnel, type Tunnel, type TunnelParts } from './tunnel.ts';

export interface Proxy {
  readonly url: string;
  /**
   * Accepts no more connections, waits for answers that are still due, then closes the rest.
   * @param graceMs the longest wait, in milliseconds
   */
  close(graceMs: number): Promise<void>;
}

const MAX_CONNECTIONS = 1_000;
const CHECK_MS = 20;
/** At the end: milliseconds to pass on what has been received. Beyond that it is dropped. */
const FLUSH_MS = 500;

/**
 * @throws NodeJS.ErrnoException if it cannot listen
 * @throws CannotRun if the environment names a forward proxy that is not a URL
 */
export async function startProxy(
  given: Omit<TunnelParts, 'forwardProxy'>,
  where: { host: string; port: number },
): Promise<Proxy> {
  const parts = { ...given, forwardProxy: proxyOf(new URL(given.upstream.origin)) };
  const tunnels = new Set<Tunnel>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (consumer) => {
    parts.reportActivity();
    const tunnel = openTunnel(consumer, parts);
    tunnels.add(tunnel);
    void tunnel.ended.then(() => tunnels.delete(tunnel));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', () => parts.reportTrouble(`a connection beyond ${MAX_CONNECTIONS} at a time was refused`));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, resolve);
  });
  return { url: urlOf(server), close: (graceMs) => close(server, tunnels, graceMs) };
}

async function close(server: Server, tunnels: ReadonlySet<Tunnel>, graceMs: number): Promise<void> {
  server.close();
  const end = performance.now() + graceMs;
  while ([...tunnels].some((tunnel) => tunnel.isBusy) && performance.now() < end) await sleep(CHECK_MS);
  const left = [...tunnels];
  const ended = Promise.all(left.map((tunnel) => tunnel.ended));
  for (const tunnel of left) tunnel.close();
  await Promise.race([ended, sleep(FLUSH_MS, undefined, { ref: false })]);
  for (const tunnel of left) tunnel.destroy();
  await ended;
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
