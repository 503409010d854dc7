// Deletes of one repository that come together share the look for its directory; none may see an older state than it asked for.
import { expect, test } from 'vitest';
import { SharedWork } from '../../../../server/stores/layout/shared-work.ts';

/** Work whose results are given one by one, in the order in which it began. */
function heldWork() {
  const begun: { resolve(result: string): void; reject(error: Error): void }[] = [];
  const work = () => new Promise<string>((resolve, reject) => void begun.push({ resolve, reject }));
  return { begun, work };
}

test('a caller never gets the result of a look that began before it asked', async () => {
  const shared = new SharedWork<string>();
  const { begun, work } = heldWork();
  const early = shared.run('group/app', work);
  const late = [shared.run('group/app', work), shared.run('group/app', work)];
  begun[0]?.resolve('before the push');
  expect(await early).toBe('before the push');
  await Promise.resolve();
  expect(begun).toHaveLength(2);
  begun[1]?.resolve('after the push');
  expect(await Promise.all(late)).toEqual(['after the push', 'after the push']);
});

test('a look that fails fails its own callers only', async () => {
  const shared = new SharedWork<string>();
  const { begun, work } = heldWork();
  const early = shared.run('group/app', work);
  const late = shared.run('group/app', work);
  const other = shared.run('group/other', work);
  begun[0]?.reject(new Error('no such directory'));
  await expect(early).rejects.toThrow('no such directory');
  begun[1]?.resolve('other');
  expect(await other).toBe('other');
  await Promise.resolve();
  begun[2]?.resolve('found');
  expect(await late).toBe('found');
  const again = shared.run('group/app', work);
  begun[3]?.resolve('found again');
  expect(await again).toBe('found again');
});
