// To the client, the transport for many calls behaves as the platform's fetch does.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createPooledFetch, createTagClient, type RetryOptions } from '../../client/index.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { KEYS, startServer } from '../support/server.ts';

const image = { namespace: 'group', repository: 'team/app', tag: 'v1' };
const quick: Partial<RetryOptions> = { minPauseMs: 1, maxPauseMs: 5, tryMs: 10_000, totalMs: 20_000 };

let close: () => unknown = () => undefined;
afterEach(() => close());

const clientOf = (baseUrl: string, retry = quick) =>
  createTagClient({ baseUrl, ...KEYS, retry, fetch: createPooledFetch() });

/** A provider that answers as `listener` does. */
async function provider(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('A signed delete reaches the server, and its answer reaches the caller', async () => {
  const server = await startServer({ store: new MemoryStore('group/team/app:v1', 'group/team/app:kept') });
  close = server.close;
  expect(await clientOf(server.url).deleteTag(image)).toMatchObject({ outcome: 'deleted', tries: 1 });
  await expect(clientOf(server.url).deleteTag({ ...image, tag: 'v2' })).rejects.toMatchObject({
    status: 404,
    code: 'SVCSTG.SWR.4040115',
    requestId: expect.stringMatching(/./),
  });
});

test('A fetch of the program around it sends the same signed request', async () => {
  const server = await startServer({ store: new MemoryStore('group/team/app:v1') });
  close = server.close;
  const pooled = createPooledFetch();
  const client = createTagClient({ baseUrl: server.url, ...KEYS, retry: quick, fetch: (request) => pooled(request) });
  expect(await client.deleteTag(image)).toMatchObject({ outcome: 'deleted' });
});

test('A connection that is reset before any answer is retried', async () => {
  let count = 0;
  const url = await provider((request, response) => {
    count += 1;
    if (count === 1) request.socket.resetAndDestroy();
    else response.writeHead(204).end();
  });
  expect(await clientOf(url).deleteTag(image)).toMatchObject({ outcome: 'deleted', tries: 2 });
});

test('A redirect is not followed, so the credentials reach no other host', async () => {
  let count = 0;
  const url = await provider((_request, response) => {
    count += 1;
    response.writeHead(307, { Location: '/elsewhere' }).end();
  });
  await expect(clientOf(url).deleteTag(image)).rejects.toMatchObject({ status: 307 });
  expect(count).toBe(1);
});

test('A provider that does not answer is given up in time', async () => {
  const url = await provider(() => undefined);
  await expect(clientOf(url, { tryMs: 300 }).deleteTag(image)).rejects.toThrow('not in time');
});

test('A body that never ends does not hide the status', async () => {
  const url = await provider((_request, response) => {
    response.writeHead(500);
    const more = setInterval(() => response.write('x'.repeat(16 * 1024)), 1);
    response.once('close', () => clearInterval(more));
  });
  await expect(clientOf(url).deleteTag(image)).rejects.toMatchObject({ status: 500 });
});

test("The caller's signal ends a call with its own reason", async () => {
  const url = await provider(() => undefined);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(clientOf(url).deleteTag(image, { signal })).rejects.toThrow('enough');
});

test.each([205, 304])('An answer %i, which cannot have a body, is told with its status', async (status) => {
  const url = await provider((_request, response) => response.writeHead(status).end());
  await expect(clientOf(url).deleteTag(image)).rejects.toMatchObject({ status });
});

test.each([-1, 0, 1.5, 'x', Number.NaN, null])(
  '%j connections are refused at once, not when the first tag is deleted',
  (connections) => {
    expect(() => createPooledFetch(connections as number)).toThrow(
      new TypeError('connections must be a whole number from 1'),
    );
  },
);
