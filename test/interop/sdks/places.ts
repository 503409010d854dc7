// Where the SDKs send their requests: servers of ours in different states, the mock, and a recorder of what arrives.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startMock } from '../../mock/start-mock.ts';
import { selfSigned } from '../../support/certificates.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { startServer } from '../../support/server.ts';
import { inTlsFrontOf } from '../../support/tls.ts';

/** Addresses of all of them. */
export interface Places {
  readonly server: string;
  /** With a clock that is an hour ahead. */
  readonly lateServer: string;
  /** One request a minute. */
  readonly throttledServer: string;
  /** Its storage fails. */
  readonly brokenServer: string;
  /** With a certificate that no system trusts. */
  readonly tlsServer: string;
  readonly mock: string;
  readonly recorder: string;
  readonly nobody: string;
}

/** A request as it arrived at the recorder. */
export interface Arrival {
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** In milliseconds, from a clock that never goes back. */
  readonly at: number;
}

export async function openPlaces() {
  const store = new MemoryStore(
    ...['v1', 'v2', 'v3', 'release-1'].map((tag) => `group/busybox:${tag}`),
    ...['v1', 'v2', 'v3'].map((tag) => `group/team/app:${tag}`),
  );
  const [broken, directory] = [new MemoryStore(), await temporaryDirectory()];
  broken.failure = new Error('the disk is gone');
  const servers = await Promise.all([
    startServer({ store, protectedTags: /release-.*/ }),
    startServer({ store: new MemoryStore(), clock: () => new Date(Date.now() + 3_600_000) }),
    startServer({ store: new MemoryStore(), requestsPerMinute: 1 }),
    startServer({ store: broken }),
    startMock(),
    startRecorder(),
  ]);
  const [server, late, throttled, brokenServer, mock, recorder] = servers;
  const tls = await inTlsFrontOf(server.url, await selfSigned(`${directory.path}/untrusted`, '127.0.0.1'));
  const places: Places = {
    ...{ server: server.url, lateServer: late.url, throttledServer: throttled.url, brokenServer: brokenServer.url },
    ...{ tlsServer: tls.url, mock: mock.url, recorder: recorder.url, nobody: await addressOfNobody() },
  };
  const close = async () => {
    tls.close();
    await Promise.all(servers.map((one) => one.close()));
    await directory.remove();
  };
  return { places, store, arrivals: recorder.arrivals, close };
}

/** Remembers what arrives. It answers by the tag: 429, 500, nothing, or 204. */
async function startRecorder() {
  const arrivals: Arrival[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    arrivals.push({ target: url, headers, at: performance.now() });
    if (url.endsWith('/silent')) return;
    const status = url.endsWith('/throttled') ? 429 : url.endsWith('/broken') ? 500 : 204;
    response.writeHead(status, { 'X-Request-Id': 'recorded', ...(status === 429 && { 'Retry-After': '1' }) }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrivals, close };
}

async function addressOfNobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
