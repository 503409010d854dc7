import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createTagClient, type RetryOptions, TagDeleteError } from '../../client/index.ts';
import { examples } from '../support/contract.ts';

const image = { namespace: 'group', repository: 'busybox', tag: 'v1' };
const quick: RetryOptions = { retries: 4, minPauseMs: 1, maxPauseMs: 5, tryMs: 2_000, totalMs: 5_000 };

type Answer =
  | number
  | 'reset'
  | 'hang'
  | { readonly status: number; readonly headers: Record<string, string>; readonly example?: string };

let provider: Server;
let requests: { readonly at: number; readonly authorization: string | undefined }[];
afterEach(() => {
  provider.closeAllConnections();
  provider.close();
});

/** A provider that gives the scripted answers in order, and repeats the last one. */
async function providerAnswering(...answers: Answer[]): Promise<string> {
  requests = [];
  provider = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] as Answer;
    requests.push({ at: performance.now(), authorization: request.headers.authorization });
    give(answer, response);
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
}

function give(answer: Answer, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, example } =
    typeof answer === 'number' ? { status: answer, headers: {}, example: undefined } : answer;
  const body = named(example ?? 'tag-not-found', status) ?? examples.find((one) => one.status === status);
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(status === 204 ? undefined : JSON.stringify(body?.value ?? {}));
}

const named = (name: string, status = 404) => examples.find((one) => one.name === name && one.status === status);

const deleteFrom = (baseUrl: string, retry: Partial<RetryOptions> = {}, signal?: AbortSignal) =>
  createTagClient({ baseUrl, accessKey: 'AK', secretKey: 'SK', retry: { ...quick, ...retry } }).deleteTag(
    image,
    signal && { signal },
  );

const failing = (deleting: Promise<unknown>) =>
  deleting.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error,
  );

describe('A passing failure is retried', () => {
  test.each<[string, Answer]>([
    ['429', 429],
    ['502', 502],
    ['503', 503],
    ['504', 504],
    ['a connection reset before any answer', 'reset'],
  ])('%s', async (_, answer) => {
    const url = await providerAnswering(answer, answer, 204);
    expect(await deleteFrom(url)).toMatchObject({ outcome: 'deleted', tries: 3 });
  });

  test('A 429 is retried only after Retry-After', async () => {
    const url = await providerAnswering({ status: 429, headers: { 'Retry-After': '1' } }, 204);
    expect(await deleteFrom(url)).toMatchObject({ tries: 2 });
    expect((requests[1]?.at ?? 0) - (requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('Every try is signed anew', async () => {
    const dates = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:00:01Z')];
    const baseUrl = await providerAnswering(503, 204);
    const now = () => dates.shift() ?? new Date();
    await createTagClient({ baseUrl, accessKey: 'AK', secretKey: 'SK', now, retry: quick }).deleteTag(image);
    expect(new Set(requests.map(({ authorization }) => authorization)).size).toBe(2);
  });
});

test.each([400, 401, 403, 404, 500, 501, 409, 200])('An answer %i is not retried', async (status) => {
  const url = await providerAnswering(status, 204);
  expect(await failing(deleteFrom(url))).toMatchObject({ status });
  expect(requests).toHaveLength(1);
});

describe('A retry that is answered 404', () => {
  test.each<Answer>([502, 503, 504, 'reset'])('after %s, the tag was deleted by an earlier try', async (answer) => {
    const url = await providerAnswering(answer, 404);
    expect(await deleteFrom(url)).toMatchObject({ outcome: 'deleted-by-earlier-try', tries: 2 });
  });

  test('after 429 alone, the tag was not found: nothing was changed', async () => {
    const url = await providerAnswering(429, 404);
    expect(await failing(deleteFrom(url))).toMatchObject({ status: 404 });
  });

  test.each(['organization-not-found', 'repository-not-found'])(
    'after 502, %s is a failure: the tag was never there',
    async (example) => {
      const url = await providerAnswering(502, { status: 404, headers: {}, example });
      expect(await failing(deleteFrom(url))).toMatchObject({ status: 404, code: named(example)?.value.error_code });
    },
  );
});

test('A refused connection is not retried', async () => {
  let count = 0;
  const fetch = async () => {
    count += 1;
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    throw Object.assign(new TypeError('fetch failed'), { cause });
  };
  await providerAnswering(204);
  await failing(createTagClient({ baseUrl: 'http://h', token: 't', fetch, retry: quick }).deleteTag(image));
  expect(count).toBe(1);
});

describe('Pauses', () => {
  /** The pauses between the tries of a provider that is never there. */
  async function pausesOf(retry: Partial<RetryOptions>): Promise<number[]> {
    const url = await providerAnswering(503);
    await failing(deleteFrom(url, retry));
    return requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));
  }

  test('grow from one retry to the next', async () => {
    const pauses = await pausesOf({ retries: 3, minPauseMs: 50, maxPauseMs: 5_000 });
    expect(pauses).toHaveLength(3);
    for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThan(50 * 2 ** index - 2);
  });

  test('do not grow beyond their limit', async () => {
    // Without it the last of ten would take 25 seconds, and the total time would end the tries before.
    expect(await pausesOf({ retries: 10, minPauseMs: 50, maxPauseMs: 60, totalMs: 15_000 })).toHaveLength(10);
  });

  test('differ between callers', async () => {
    const url = await providerAnswering(503);
    const retry = { retries: 1, minPauseMs: 300, maxPauseMs: 5_000 };
    await Promise.all(Array.from({ length: 10 }, () => failing(deleteFrom(url, retry))));
    const retried = requests.slice(10).map(({ at }) => at);
    // Between 300 and 600 ms: ten of them within 30 ms would be chance beyond belief.
    expect(Math.max(...retried) - Math.min(...retried)).toBeGreaterThan(30);
  });

  test('end with the total time', async () => {
    const url = await providerAnswering(503);
    await failing(deleteFrom(url, { retries: 1_000, minPauseMs: 20, maxPauseMs: 20, totalMs: 300 }));
    expect(requests.length).toBeLessThan(50);
  });

  test('and a try that hangs end with the total time', async () => {
    const url = await providerAnswering('hang');
    const error = await failing(deleteFrom(url, { tryMs: 60_000, totalMs: 300 }));
    expect(error).toMatchObject({ message: expect.stringContaining('not in time') });
  });
});

describe('Retries end', () => {
  test('with the last failure after the last retry', async () => {
    const url = await providerAnswering(503);
    expect(await failing(deleteFrom(url, { retries: 2 }))).toMatchObject({ status: 503 });
    expect(requests).toHaveLength(3);
  });

  test('at once if Retry-After is beyond the total time', async () => {
    const url = await providerAnswering({ status: 429, headers: { 'Retry-After': '3600' } });
    expect(await failing(deleteFrom(url))).toMatchObject({ status: 429, retryAfter: 3600 });
    expect(requests).toHaveLength(1);
  });

  test('after one try that is not answered in time: its outcome is not known', async () => {
    const url = await providerAnswering('hang');
    const error = await failing(deleteFrom(url, { tryMs: 2_000 }));
    expect(error).toBeInstanceOf(TagDeleteError);
    expect(error).toMatchObject({ status: undefined, message: expect.stringContaining('not in time') });
    expect(requests).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ['a try', 'hang'],
    ['a pause', { status: 429, headers: { 'Retry-After': '30' } }],
  ])('during %s when an AbortSignal aborts, with its own reason', async (_, answer) => {
    const url = await providerAnswering(answer);
    const aborter = new AbortController();
    const failure = failing(deleteFrom(url, { tryMs: 60_000, totalMs: 60_000 }, aborter.signal));
    await expect.poll(() => requests).toHaveLength(1);
    aborter.abort(new Error('enough'));
    expect(await failure).toMatchObject({ message: 'enough' });
    expect(requests).toHaveLength(1);
  });
});
