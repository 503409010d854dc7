// Whatever sends the requests, the tag is deleted and the answer is told; a test that replaces fetch is honoured.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import crossFetch from 'cross-fetch';
import ky from 'ky';
import nodeFetch from 'node-fetch';
import { fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createTagClient, type TagClientOptions } from '../../client/index.ts';

type Fetch = NonNullable<TagClientOptions['fetch']>;
const image = { namespace: 'group', repository: 'team/app', tag: 'v1' };

let requests: { method: string | undefined; url: string | undefined; token: unknown }[];
let answer: { status: number; body: string };
const provider = createServer((request, response) => {
  requests.push({ method: request.method, url: request.url, token: request.headers['x-auth-token'] });
  response.writeHead(answer.status, { 'Content-Type': 'application/json', 'X-Request-Id': 'r1' }).end(answer.body);
});
let baseUrl = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterAll(() => {
  provider.closeAllConnections();
  provider.close();
});
beforeEach(() => {
  requests = [];
  answer = { status: 204, body: '' };
});

/** No call of a client is retried here. */
const clientOf = (fetch?: Fetch) =>
  createTagClient({ baseUrl, token: 't', retry: { retries: 0 }, ...(fetch && { fetch }) });

describe.each<[string, unknown]>([
  ["the platform's fetch", globalThis.fetch],
  ['cross-fetch', crossFetch],
  ['node-fetch 3', nodeFetch],
  ["undici's fetch", undiciFetch],
  ['ky, which throws for an error status', ky.create({ retry: 0 })],
  ['a function that passes on the Request', (request: Request) => globalThis.fetch(request)],
  ['a function that passes on both arguments', (input: Request, init: RequestInit) => globalThis.fetch(input, init)],
  ['a function that takes a URL', (input: string, init: RequestInit) => globalThis.fetch(new URL(input), init)],
])('With %s', (_, fetch) => {
  const client = () => clientOf(fetch as Fetch);

  test('one DELETE is sent, and 204 resolves', async () => {
    expect(await client().deleteTag(image)).toEqual({ outcome: 'deleted', requestId: 'r1', tries: 1 });
    const url = '/v2/manage/namespaces/group/repos/team$app/tags/v1';
    expect(requests).toEqual([{ method: 'DELETE', url, token: 't' }]);
  });

  test('an error is told with its code', async () => {
    answer = { status: 404, body: '{"error_code":"SVCSTG.SWR.4040115","error_msg":"It is gone."}' };
    const error = { status: 404, code: 'SVCSTG.SWR.4040115', message: 'It is gone.', requestId: 'r1' };
    await expect(client().deleteTag(image)).rejects.toMatchObject(error);
  });

  test('a page that is not JSON is told with its status', async () => {
    answer = { status: 502, body: '<html>' };
    await expect(client().deleteTag(image)).rejects.toMatchObject({ status: 502 });
  });

  test('a redirect is not followed', async () => {
    const elsewhere = createServer((_request, response) => response.writeHead(307, { Location: baseUrl }).end());
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const redirecting = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    const redirected = createTagClient({ baseUrl: redirecting, token: 't', fetch: fetch as Fetch });
    await expect(redirected.deleteTag(image)).rejects.toMatchObject({ status: 307 });
    expect(requests).toEqual([]);
    elsewhere.closeAllConnections();
    elsewhere.close();
  });
});

describe('A client made before a test replaces fetch sends nothing to the provider', () => {
  const early = () => clientOf();

  test('with vi.stubGlobal', async () => {
    const client = early();
    const stub = vi.fn(async () => new Response(null, { status: 204 }));
    vi.stubGlobal('fetch', stub);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await client.deleteTag(image)).toMatchObject({ outcome: 'deleted' });
    expect(stub).toHaveBeenCalledOnce();
    expect(requests).toEqual([]);
  });

  test('with an assignment, which ends with the test', async () => {
    const client = early();
    const platforms = globalThis.fetch;
    onTestFinished(() => {
      globalThis.fetch = platforms;
    });
    globalThis.fetch = async () => new Response(null, { status: 500 });
    await expect(client.deleteTag(image)).rejects.toMatchObject({ status: 500 });
    globalThis.fetch = platforms;
    expect(requests).toEqual([]);
    await client.deleteTag(image);
    expect(requests).toHaveLength(1);
  });

  test('with nock', async () => {
    const client = early();
    // Loading nock replaces the global fetch of the whole process.
    const { default: nock } = await import('nock');
    onTestFinished(() => nock.restore());
    if (!nock.isActive()) nock.activate();
    const scope = nock(baseUrl).delete('/v2/manage/namespaces/group/repos/team$app/tags/v1').reply(204);
    expect(await client.deleteTag(image)).toMatchObject({ outcome: 'deleted' });
    expect(scope.isDone()).toBe(true);
    expect(requests).toEqual([]);
  });
});

describe('After an answer has arrived, its status is told', () => {
  const headers = new Headers();
  const broken = () => Promise.reject(new Error('gone'));
  test.each<[string, unknown]>([
    ['the body cannot be read', { status: 500, headers, body: null, text: broken }],
    ['the body has been read already', { status: 500, headers, bodyUsed: true, body: lockedStream(), text: broken }],
    ['the body is of an unknown kind', { status: 500, headers, body: 42, text: async () => 'x' }],
    ['the headers are a plain object', { status: 500, headers: {}, text: async () => '{}' }],
    ['there is no method to read the body', { status: 500, headers }],
    ['that method returns no promise', { status: 500, headers, text: () => '{}' }],
  ])('even if %s', async (_, response) => {
    await expect(clientOf(async () => response as Response).deleteTag(image)).rejects.toMatchObject({ status: 500 });
  });

  test.each([999, 600, 199])('even if it is %i', async (status) => {
    const error = await clientOf(async () => ({ status, headers, text: async () => '' }))
      .deleteTag(image)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status, message: `the answer was ${status}` });
  });

  test('even if its body hangs, after the time for one try', async () => {
    const hanging = { status: 500, headers, text: () => new Promise<string>(() => undefined) };
    const client = createTagClient({ baseUrl, token: 't', fetch: async () => hanging, retry: { tryMs: 20 } });
    await expect(client.deleteTag(image)).rejects.toMatchObject({ status: 500 });
  });

  test('and a 204 deletes, whatever its body does', async () => {
    const answered = { status: 204, headers, body: lockedStream(), text: broken };
    expect(await clientOf(async () => answered).deleteTag(image)).toMatchObject({ outcome: 'deleted' });
  });
});

describe('A fetch function that misbehaves is named, and hangs nothing', () => {
  test.each<[string, unknown, string]>([
    ['returns nothing', async () => undefined, 'returned no response'],
    ['throws a string', () => Promise.reject('no network today'), 'no network today'],
    ['throws undefined', () => Promise.reject(undefined), 'no answer from'],
    ['ignores its signal', () => new Promise(() => undefined), 'not in time'],
  ])('if it %s', async (_, fetch, message) => {
    const client = createTagClient({ baseUrl, token: 't', fetch: fetch as Fetch, retry: { retries: 0, tryMs: 50 } });
    await expect(client.deleteTag(image)).rejects.toMatchObject({
      name: 'TagDeleteError',
      message: expect.stringContaining(message),
    });
  });

  test('if it gives up by the caller’s signal and returns nothing', async () => {
    const stop = new AbortController();
    const fetch = () => {
      stop.abort(new Error('enough'));
      return new Promise<Response>(() => undefined);
    };
    await expect(clientOf(fetch).deleteTag(image, { signal: stop.signal })).rejects.toThrow('enough');
  });

  test('if it writes to the headers of one request, the next one has them as they were', async () => {
    const sent: unknown[] = [];
    vi.stubGlobal('fetch', async (_: unknown, { headers }: { headers: Record<string, string> }) => {
      sent.push({ ...headers });
      headers['x-auth-token'] = '***';
      return new Response(null, { status: 204 });
    });
    const client = createTagClient({ baseUrl, token: 't' });
    onTestFinished(() => void vi.unstubAllGlobals());
    for (const tag of ['v1', 'v2']) await client.deleteTag({ ...image, tag });
    expect(sent).toEqual([{ 'x-auth-token': 't' }, { 'x-auth-token': 't' }]);
  });

  test('if it is not a function, before anything is sent', () => {
    expect(() => clientOf('https' as unknown as Fetch)).toThrow('fetch must be a function');
  });
});

function lockedStream(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>();
  stream.getReader();
  return stream;
}
