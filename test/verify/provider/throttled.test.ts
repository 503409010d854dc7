// A provider that throttles is right to do so: the check waits, and blames it for nothing that came of it.
import { afterEach, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import type { Call } from '../../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { type RunningProvider, startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';

const contract = await readContract();

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

/** The check of a provider that throttles some deletes of the first tag: v1, counted from 0. */
async function checkThrottling(isThrottled: (call: number) => boolean) {
  let calls = 0;
  const isTurn = ({ names, headers }: Call) => {
    // Whoever asks for it otherwise is refused, or in a case of its own.
    const isDelete =
      names.tag === 'v1' && headers['x-auth-token']?.[0] === provider?.fixtures.credentials.allowed.token;
    return isDelete && isThrottled(calls++);
  };
  provider = await startProvider({ rules: [{ refuses: 'throttled', when: isTurn }, ...correct.rules] });
  const { findings } = await verifyProvider({
    baseUrl: provider.url,
    fixtures: fixturesOf(provider.fixtures),
    contract,
    seed: 1,
  });
  const verdictOf = (id: string) => findings.find((one) => one.id === id);
  return { verdictOf, violated: findings.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id) };
}

test.each([
  ['first', (call: number) => call === 0],
  ['second', (call: number) => call === 1],
  ['first and the second', (call: number) => call <= 1],
])('where the %s of two deletes is throttled once, both are judged', async (_, isThrottled) => {
  const { violated, verdictOf } = await checkThrottling(isThrottled);

  expect(violated).toEqual([]);
  expect(verdictOf('delete/twice')?.verdict).toBe('verified');
  expect(verdictOf('delete/after-the-last-tag')?.verdict).toBe('verified');
});

test('a tag that could not be deleted is not looked for afterwards', async () => {
  const { violated, verdictOf } = await checkThrottling(() => true);

  expect(violated).toEqual([]);
  expect(verdictOf('delete/twice')).toMatchObject({
    verdict: 'not-verified',
    reason: expect.stringContaining('--rate'),
  });
  expect(verdictOf('delete/after-the-last-tag')).toMatchObject({
    verdict: 'not-verified',
    reason: 'the first tag was not deleted',
  });
});
