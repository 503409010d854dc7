// A token that a function gives: programs may run longer than a token is valid.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTagClient, TagDeleteError } from '../../client/index.ts';

const image = { namespace: 'group', repository: 'busybox', tag: 'v1' };
const unauthorized = () => new Response('{"error_code":"SVCSTG.SWR.4010000"}', { status: 401 });

let sent: (string | null)[];
beforeEach(() => {
  sent = [];
});
afterEach(() => {
  vi.useRealTimers();
});

/** A client of a provider that knows the tokens that `isValid` accepts. */
function clientOf(token: () => string | Promise<string>, isValid: (token: string | null) => boolean) {
  const fetch = async (request: Request) => {
    sent.push(request.headers.get('X-Auth-Token'));
    return isValid(request.headers.get('X-Auth-Token')) ? new Response(null, { status: 204 }) : unauthorized();
  };
  return createTagClient({ baseUrl: 'http://h', token, fetch, retry: { retries: 0, tryMs: 1_000 } });
}

/** A function that gives t1, t2, … */
function counted() {
  let count = 0;
  return Object.assign(() => Promise.resolve(`t${++count}`), { count: () => count });
}

test('The function is called once for many deletes', async () => {
  const token = counted();
  const client = clientOf(token, () => true);
  await Promise.all(Array.from({ length: 10 }, () => client.deleteTag(image)));
  await client.deleteTag(image);
  expect(sent).toEqual(Array.from({ length: 11 }, () => 't1'));
  expect(token.count()).toBe(1);
});

test('An expired token is replaced once, for all deletes that met it, and each is sent again', async () => {
  const token = counted();
  let valid = 't1';
  const client = clientOf(token, (one) => one === valid);
  await client.deleteTag(image);
  valid = 't2';
  const results = await Promise.all(Array.from({ length: 5 }, () => client.deleteTag(image)));
  expect(results).toEqual(Array.from({ length: 5 }, () => ({ outcome: 'deleted', requestId: undefined, tries: 2 })));
  expect(token.count()).toBe(2);
});

test('A second 401 is thrown, and the function is not called for every further delete', async () => {
  vi.useFakeTimers();
  const token = counted();
  const client = clientOf(token, (one) => one === 't3');
  for (let number = 0; number < 5; number += 1)
    await expect(client.deleteTag(image)).rejects.toMatchObject({ status: 401, code: 'SVCSTG.SWR.4010000' });
  expect(token.count()).toBe(2);
  await vi.advanceTimersByTimeAsync(10_001);
  expect(await client.deleteTag(image)).toMatchObject({ outcome: 'deleted' });
  expect(token.count()).toBe(3);
});

describe('A function that gives no token sends nothing, and is called again by the next delete', () => {
  test.each<[string, () => string | Promise<string>, string]>([
    ['throws', () => Promise.reject(new Error('vault is sealed')), 'no token: vault is sealed'],
    ['throws at once', () => raise('vault is sealed'), 'no token: vault is sealed'],
    ['gives an empty text', () => '', 'no token: the token is missing'],
    ['gives no text', () => undefined as unknown as string, 'no token: the token is missing'],
    ['gives a line end', () => 'SECRET\n', 'no token: the token holds a character that no header can carry'],
    ['never ends', () => new Promise(() => undefined), 'no token: not in time'],
  ])('if it %s', async (_, token, message) => {
    vi.useFakeTimers();
    const ask = vi.fn(token);
    const client = clientOf(ask, () => true);
    for (const times of [1, 2]) {
      const failure = client.deleteTag(image).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(1_001);
      const error = (await failure) as TagDeleteError;
      expect(error).toBeInstanceOf(TagDeleteError);
      expect(error.message).toBe(message);
      expect(ask).toHaveBeenCalledTimes(times);
    }
    expect(sent).toEqual([]);
  });
});

test('A function whose own connection is reset is not asked again and again: nothing was sent', async () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const token = vi.fn(() => Promise.reject(reset));
  const fetch = vi.fn<() => Promise<Response>>();
  const client = createTagClient({ baseUrl: 'http://h', token, fetch, retry: { retries: 3, minPauseMs: 0 } });
  await expect(client.deleteTag(image)).rejects.toThrow('no token: read ECONNRESET');
  expect(token).toHaveBeenCalledOnce();
  expect(fetch).not.toHaveBeenCalled();
});

test('A caller that aborts while others wait for the token does not make them ask again', async () => {
  let give = (_: string): void => undefined;
  const ask = vi.fn(() => new Promise<string>((resolve) => (give = resolve)));
  const client = clientOf(ask, () => true);
  const aborter = new AbortController();
  const aborted = client.deleteTag(image, { signal: aborter.signal });
  const other = client.deleteTag(image);
  aborter.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  give('t1');
  expect(await other).toMatchObject({ outcome: 'deleted' });
  expect(ask).toHaveBeenCalledOnce();
});

test('A token that is text is not renewed: a 401 is thrown at once', async () => {
  const client = createTagClient({ baseUrl: 'http://h', token: 't', fetch: async () => unauthorized() });
  await expect(client.deleteTag(image)).rejects.toMatchObject({ status: 401 });
});

function raise(message: string): never {
  throw new Error(message);
}
