import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CheckQueue } from '../../../../../server/http/auth/iam/check-queue.ts';

const never = () => new Promise<never>(() => undefined);

/** Adds checks, and counts those that are refused at once. */
async function refusedOf(queue: CheckQueue, count: number, wasValid: boolean): Promise<number> {
  let refused = 0;
  for (let at = 0; at < count; at += 1) queue.run(never, wasValid).catch(() => (refused += 1));
  await turn();
  return refused;
}

test('32 checks are under way, 256 wait, and the next is refused with the time to wait', async () => {
  const queue = new CheckQueue();
  expect(await refusedOf(queue, 288, false)).toBe(0);
  expect(queue.underWay).toBe(32);
  expect(await refusedOf(queue, 1, false)).toBe(1);
  await expect(queue.run(never, false)).rejects.toMatchObject({ kind: 'throttled', headers: { 'Retry-After': 1 } });
});

test('Tokens that were valid before have 256 places of their own', async () => {
  const queue = new CheckQueue();
  await refusedOf(queue, 300, false);
  expect(await refusedOf(queue, 256, true)).toBe(0);
  expect(await refusedOf(queue, 1, true)).toBe(1);
});

test('A check that has waited too long is refused and never made', async () => {
  const queue = new CheckQueue(20);
  const ends: (() => void)[] = [];
  for (let at = 0; at < 32; at += 1) void queue.run(() => new Promise<void>((resolve) => ends.push(resolve)), false);
  let isMade = false;
  const late = queue.run(async () => {
    isMade = true;
  }, false);
  await expect(late).rejects.toMatchObject({ kind: 'throttled' });
  for (const end of ends) end();
  await turn();
  await turn();
  expect([isMade, queue.underWay]).toEqual([false, 0]);
});
