import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../../../server/stores/registry/api/connection.ts';
import { startFilled } from './scripted.ts';

const ANSWER_MS = 500;
/** Four times the number of connections. */
const REQUESTS = 128;

test('A request has its whole time from its turn on: waiting for a connection does not count', async () => {
  const registry = await startFilled({ beforeAnswer: () => delay(ANSWER_MS) });
  const connection = new Connection({ timeouts: { total: 3 * ANSWER_MS } });
  onTestFinished(() => connection.close());
  const send = () => connection.send(new URL('/v2/', registry.url), { method: 'GET' });
  const answers = await Promise.all(Array.from({ length: REQUESTS }, send));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});
