// Which connections the client keeps, and which it closes.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createPooledFetch, createTagClient } from '../../client/index.ts';

const image = { namespace: 'group', repository: 'busybox', tag: 'v1' };

let server: Server;
afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A provider, and the connections that requests came on: undici may open spare ones. */
async function provider(listener: RequestListener): Promise<{ baseUrl: string; connections: Set<Socket> }> {
  const connections = new Set<Socket>();
  server = createServer((request, response) => {
    connections.add(request.socket);
    listener(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections };
}

const closed = (connections: Iterable<Socket>) => Array.from(connections, ({ destroyed }) => destroyed);

describe.each([
  ['by default', () => ({})],
  ['with the pooled fetch', () => ({ fetch: createPooledFetch() })],
])('%s', (_, transport) => {
  test('A provider that never answers keeps no connection after the time for one try', async () => {
    const { baseUrl, connections } = await provider(() => undefined);
    const client = createTagClient({ baseUrl, token: 't', retry: { tryMs: 1_000 }, ...transport() });
    await expect(client.deleteTag(image)).rejects.toThrow('not in time');
    await vi.waitFor(() => expect(closed(connections)).toEqual([true]));
  });

  test('A caller that aborts leaves no connection open', async () => {
    const aborter = new AbortController();
    const { baseUrl, connections } = await provider(() => aborter.abort(new Error('enough')));
    const client = createTagClient({ baseUrl, token: 't', ...transport() });
    await expect(client.deleteTag(image, { signal: aborter.signal })).rejects.toThrow('enough');
    await vi.waitFor(() => expect(closed(connections)).toEqual([true]));
  });

  test('Calls one after another share connections, whatever they are answered', async () => {
    const calls = 12;
    let count = 0;
    const { baseUrl, connections } = await provider((_request, response) => {
      count += 1;
      const status = count % 2 === 0 ? 204 : 404;
      response.writeHead(status).end(status === 204 ? undefined : JSON.stringify({ error_msg: 'x'.repeat(40_000) }));
    });
    const client = createTagClient({ baseUrl, token: 't', ...transport() });
    for (let call = 0; call < calls; call += 1) await client.deleteTag(image).catch(() => undefined);
    expect(count).toBe(calls);
    expect(connections.size).toBeLessThan(calls / 2);
    expect(closed(connections)).not.toContain(true);
  });
});

describe('When a call has ended', () => {
  const aborts = async (call: () => Promise<unknown>): Promise<boolean> => {
    const abort = vi.spyOn(AbortController.prototype, 'abort');
    onTestFinished(() => abort.mockRestore());
    await call();
    return abort.mock.calls.length > 0;
  };
  const answering = () => provider((_request, response) => response.writeHead(204).end());

  test("its signal aborts if the platform's fetch would keep the request for it", async () => {
    const { baseUrl } = await answering();
    const undici = Number.parseInt(process.versions['undici'] ?? '', 10);
    expect(await aborts(() => createTagClient({ baseUrl, token: 't' }).deleteTag(image))).toBe(undici < 8);
  });

  test('a fetch that was given, or that has replaced the one of the platform, sees no abort', async () => {
    const { baseUrl } = await answering();
    const { fetch: platform } = globalThis;
    const fetch = (request: RequestInfo | URL, init?: RequestInit) => platform(request, init);
    expect(await aborts(() => createTagClient({ baseUrl, token: 't', fetch }).deleteTag(image))).toBe(false);
    vi.stubGlobal('fetch', fetch);
    expect(await aborts(() => createTagClient({ baseUrl, token: 't' }).deleteTag(image))).toBe(false);
  });
});
