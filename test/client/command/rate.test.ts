import { expect, test } from 'vitest';
import { pace } from '../../../client/command/bulk-delete.ts';
import { env, references, useServer } from './setting.ts';

const setting = useServer();

test('--rate spreads the deletes over time', async () => {
  // The server's first request compiles its checks, and would come late into its log.
  await setting.run(['group/team/app:v1']);
  const { code } = await setting.run(['--rate', '4/s', ...references]);
  const [, ...times] = setting.server.logged
    .filter(({ msg }) => msg === 'request')
    .map(({ time }) => Date.parse(String(time)));
  expect(code).toBe(0);
  // Six at four a second: five pauses of 250 ms.
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(900);
});

test('A throttled delete is retried after Retry-After', async () => {
  setting.store.failure = 'busy';
  const { code, stdout } = await setting.run(['--json', 'group/busybox:v1'], {
    env,
    // Retry-After leaves a second for it.
    onStart: async () => {
      await expect.poll(setting.requestCount, { interval: 10 }).toBe(1);
      setting.store.failure = undefined;
    },
  });
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'deleted', tries: 2 });
  expect(code).toBe(0);
});

test.each([
  [19, 1_000],
  [120, 60_000],
  [1, 3_600_000],
  [5_000, 1_000],
])('A rate of %i in %i ms is kept to within a tenth', (count, periodMs) => {
  const { interval, intervalCap } = pace({ count, periodMs });
  expect(intervalCap / interval / (count / periodMs)).toBeGreaterThan(0.9);
  expect(intervalCap / interval / (count / periodMs)).toBeLessThanOrEqual(1);
});
