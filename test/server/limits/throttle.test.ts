import { afterEach, expect, test } from 'vitest';
import { MemoryStore } from '../../support/memory-store.ts';
import { RESTRICTED_TOKEN, startServer, type TestServer, TOKEN } from '../../support/server.ts';
import { ask, requestText } from '../../support/wire.ts';

let server: TestServer;
afterEach(() => server.close());

const askAs = (token: string, tag = 'v1') =>
  ask(
    server.url,
    requestText(`DELETE /v2/manage/namespaces/other/repos/app/tags/${tag}`, {
      'X-Auth-Token': token,
      Connection: 'close',
    }),
  );

test('Each principal has its own share, and Retry-After says when the next one begins', async () => {
  server = await startServer({ store: new MemoryStore('other/app:v1', 'other/app:v2'), requestsPerMinute: 2 });
  expect((await askAs(TOKEN)).status).toBe(204);
  expect((await askAs(TOKEN)).status).toBe(404);
  const refused = await askAs(TOKEN);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toSatisfy((seconds: number) => seconds >= 1 && seconds <= 60);
  expect((await askAs(RESTRICTED_TOKEN)).status).toBe(404);
});

test('Strangers use up no principal’s share', async () => {
  server = await startServer({ store: new MemoryStore('other/app:v1'), requestsPerMinute: 1 });
  for (let count = 0; count < 3; count += 1) expect((await askAs('nobody')).status).toBe(401);
  expect((await askAs(TOKEN)).status).toBe(204);
});

test('A full queue of the store is answered 429 with Retry-After', async () => {
  const store = new MemoryStore('other/app:v1');
  store.failure = 'busy';
  server = await startServer({ store });
  const answer = await askAs(TOKEN);
  expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
});
