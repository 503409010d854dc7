import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { concurrently } from '../../../../server/stores/registry/api/concurrently.ts';

test('After the first error nothing is under way when it is thrown, and nothing more is begun', async () => {
  const begun: number[] = [];
  const done: number[] = [];
  const working = concurrently(Array(64).keys(), async (one) => {
    begun.push(one);
    if (one === 3) throw new Error('the fourth fails');
    await delay(20);
    done.push(one);
  });
  await expect(working).rejects.toThrow('the fourth fails');
  expect(begun.length).toBeLessThan(64);
  expect(done).toEqual(begun.filter((one) => one !== 3));
  const before = begun.length;
  await delay(50);
  expect(begun.length).toBe(before);
});
