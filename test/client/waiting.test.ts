// All waiting is done by one clock, the global setTimeout, so a test with fake timers does not hang.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTagClient, type RetryOptions } from '../../client/index.ts';

const image = { namespace: 'group', repository: 'busybox', tag: 'v1' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A client whose provider gives the answers in order, and repeats the last one. */
function clientAnswered(answers: (() => Response | Promise<Response>)[], retry: Partial<RetryOptions> = {}) {
  const sentAt: number[] = [];
  const fetch = async () => {
    sentAt.push(Date.now());
    return (answers[Math.min(sentAt.length, answers.length) - 1] as () => Response)();
  };
  return { client: createTagClient({ baseUrl: 'http://h', token: 't', fetch, retry }), sentAt };
}

const answer =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(null, { status, headers });

/** The pause before the first retry, in milliseconds. */
async function firstPause(first: () => Response): Promise<number> {
  const { client, sentAt } = clientAnswered([first, answer(204)]);
  const deleting = client.deleteTag(image);
  await vi.runAllTimersAsync();
  expect(await deleting).toMatchObject({ outcome: 'deleted', tries: 2 });
  return (sentAt[1] ?? 0) - (sentAt[0] ?? 0);
}

describe('With fake timers, a retry comes', () => {
  test.each([429, 503])('after the Retry-After of a %i', async (status) => {
    const pause = await firstPause(answer(status, { 'Retry-After': '30' }));
    expect(pause).toBeGreaterThanOrEqual(30_250);
    expect(pause).toBeLessThan(31_000);
  });

  test("after a Retry-After date by the provider's clock, which may be wrong", async () => {
    const headers = { Date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'Retry-After': 'Thu, 01 Jan 2026 00:00:20 GMT' };
    expect(await firstPause(answer(429, headers))).toBeLessThan(21_000);
  });

  test('after a growing pause if there is no Retry-After', async () => {
    expect(await firstPause(answer(502))).toBeLessThanOrEqual(500);
  });
});

test('With fake timers, a provider that never answers is given up after the time for one try', async () => {
  const { client } = clientAnswered([() => new Promise<Response>(() => undefined)]);
  const failure = expect(client.deleteTag(image)).rejects.toThrow('not in time');
  await vi.advanceTimersByTimeAsync(29_000);
  await vi.advanceTimersByTimeAsync(1_001);
  await failure;
});

test('An aborted call leaves no timer behind', async () => {
  const { client } = clientAnswered([answer(429, { 'Retry-After': '30' })]);
  const aborter = new AbortController();
  const failure = expect(client.deleteTag(image, { signal: aborter.signal })).rejects.toThrow('enough');
  await vi.advanceTimersByTimeAsync(1_000);
  aborter.abort(new Error('enough'));
  await failure;
  expect(vi.getTimerCount()).toBe(0);
});

describe('Retry options', () => {
  test.each([
    [{ retries: -1 }, 'retry.retries'],
    [{ tryMs: Number.NaN }, 'retry.tryMs'],
    [{ totalMs: '5' as unknown as number }, 'retry.totalMs'],
  ])('that are not a number from 0 are refused by name: %j', (retry, name) => {
    expect(() => createTagClient({ baseUrl: 'http://h', token: 't', retry })).toThrow(
      `${name} must be a number from 0`,
    );
  });

  test('may be Infinity, which no timer takes for 0', async () => {
    const { client } = clientAnswered([() => new Promise<Response>(() => undefined)], {
      tryMs: Infinity,
      totalMs: Infinity,
    });
    let isSettled = false;
    void client.deleteTag(image).catch(() => {
      isSettled = true;
    });
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    expect(isSettled).toBe(false);
  });

  test('that are undefined are the defaults', async () => {
    const { client, sentAt } = clientAnswered([answer(503)], { retries: undefined as unknown as number });
    const failure = expect(client.deleteTag(image)).rejects.toMatchObject({ status: 503 });
    await vi.runAllTimersAsync();
    await failure;
    expect(sentAt).toHaveLength(5);
  });
});
