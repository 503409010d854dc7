// A server that stops: a request that was sent before gets its answer.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer } from '../../support/server.ts';
import { answersIn, requestText } from '../../support/wire.ts';

const ATTEMPTS = 5;
const request = requestText('DELETE /', { Connection: 'keep-alive' });

/** What a kept connection receives if its second request arrives a moment after the server has begun to stop. */
async function receivedWhileStopping(): Promise<string> {
  const server = await startServer({ store: new MemoryStore() });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('error', () => undefined);
  socket.on('data', (text: string) => {
    received += text;
  });
  const ended = once(socket, 'close');
  socket.write(request);
  await expect.poll(() => server.logged).toHaveLength(1);
  const closing = server.close();
  await delay(50);
  socket.write(request);
  await Promise.all([ended, closing]);
  return received;
}

test('A request that was on its way when the server began to stop is answered, as the last of its connection', async () => {
  // The server keeps idle connections for a quarter of a second: a test that is held up for longer tries again.
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const [, last] = answersIn(await receivedWhileStopping());
    if (last === undefined) continue;
    expect(last).toMatchObject({ status: 404, headers: { connection: 'close' } });
    return;
  }
  expect.fail(`not answered in ${ATTEMPTS} attempts`);
});
