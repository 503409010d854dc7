// How the mock ends, whatever becomes of its output.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { exchange, requestText } from '../support/wire.ts';
import { type MockProcess, startMockProcess } from './start-mock.ts';

/** Lines of the log, about 120 bytes each: far more than a pipe takes. */
const LINES = 4_000;

let mock: MockProcess;
afterEach(async () => {
  mock.child.kill('SIGKILL');
  await mock.ended;
});

/** Makes the mock write many lines. */
async function fillLog(url: string): Promise<void> {
  await exchange(
    url,
    `${requestText('DELETE /', { Connection: 'keep-alive' }).repeat(LINES)}${requestText('DELETE /')}`,
  );
}

const readers: [title: string, act: (mock: MockProcess) => void][] = [
  ['stalls', ({ child }) => child.stdout?.pause()],
  ['goes away', ({ child }) => child.stdout?.destroy()],
  [
    'goes away with that of standard error',
    ({ child }) => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  ],
];

describe.each(readers)('When the reader of its output %s the mock keeps serving, and', (_, act) => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends it with 0', async (signal) => {
    mock = startMockProcess('--port', '0');
    const url = await mock.url;
    act(mock);
    await fillLog(url);
    expect(await exchange(url, requestText('DELETE /'))).toMatch(/^HTTP\/1\.1 404 /);
    mock.child.kill(signal);
    const exited = new Promise((resolve) => mock.child.once('exit', (code, by) => resolve(code ?? by)));
    expect(await exited).toBe(0);
    mock.child.stdout?.resume();
  });
});

test('A second Ctrl-C does not wait for a request in flight', async () => {
  mock = startMockProcess('--port', '0', '--faults');
  const url = await mock.url;
  const path = '/v2/manage/namespaces/group/repos/busybox/tags/mock-delay-30000';
  const answer = exchange(url, requestText(`DELETE ${path}`, { 'X-Auth-Token': 'any' }), 60_000);
  await expect.poll(() => exchange(url, requestText('DELETE /'))).toMatch(/ 404 /);
  mock.child.kill('SIGINT');
  // Sooner, it counts as the same Ctrl-C, which npm passes on.
  await delay(600);
  mock.child.kill('SIGINT');
  expect(await mock.ended).toBe(0);
  expect(await answer).toBe('');
});
