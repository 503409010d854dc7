import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { createPooledFetch, createTagClient, type Deleted, TagDeleteError } from '../../client/index.ts';
import { examples } from '../support/contract.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { KEYS, RESTRICTED_KEYS, RESTRICTED_TOKEN, startServer, type TestServer, TOKEN } from '../support/server.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const exampleOf = (name: string) => examples.find((example) => example.name === name);
const image = { namespace: 'group', repository: 'team/app', tag: 'v1' };

/** What deleting fails with; a success fails the test. */
async function failureOf(deleting: Promise<unknown>): Promise<TagDeleteError> {
  const error = await deleting.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TagDeleteError);
  return error as TagDeleteError;
}

describe('against the server', () => {
  test('A tag is deleted once, and / in the repository is sent as $', async () => {
    const store = new MemoryStore('group/team/app:v1', 'group/team/app:v2');
    server = await startServer({ store });
    const client = createTagClient({ baseUrl: `${server.url}/`, token: TOKEN });
    expectTypeOf(client.deleteTag).returns.resolves.toEqualTypeOf<Deleted>();
    expect(await client.deleteTag(image)).toEqual({ outcome: 'deleted', requestId: expect.any(String), tries: 1 });
    expect(store.tags).toEqual(['group/team/app:v2']);
    const example = exampleOf('tag-not-found');
    expect(await failureOf(client.deleteTag(image))).toMatchObject({
      name: 'TagDeleteError',
      status: 404,
      code: example?.value.error_code,
      message: example?.value.error_msg,
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
      retryAfter: undefined,
    });
  });

  test('401, 403 and 429 reach the caller with status, code and Retry-After', async () => {
    server = await startServer({ store: new MemoryStore('group/team/app:v1'), requestsPerMinute: 1 });
    const { url: baseUrl } = server;
    expect(await failureOf(createTagClient({ baseUrl, token: 'nobody' }).deleteTag(image))).toMatchObject({
      status: 401,
    });
    const restricted = createTagClient({ baseUrl, token: RESTRICTED_TOKEN, retry: { retries: 0 } });
    expect(await failureOf(restricted.deleteTag(image))).toMatchObject({ status: 403 });
    const throttled = await failureOf(restricted.deleteTag(image));
    expect(throttled).toMatchObject({ status: 429, code: 'APIGW.0308' });
    expect(throttled.retryAfter).toBeGreaterThan(0);
  });
});

describe('Names that the contract does not allow are refused before anything is sent', () => {
  const client = createTagClient({
    baseUrl: 'http://127.0.0.1:1',
    token: TOKEN,
    fetch: async () => {
      throw new Error('something was sent');
    },
  });

  test.each([
    { ...image, tag: 'v1#f' },
    { ...image, tag: '../../x' },
    { ...image, tag: '' },
    { ...image, tag: 'v1\n' },
    { ...image, tag: 'a'.repeat(129) },
    { ...image, namespace: '..' },
    { ...image, namespace: 'Group' },
    { ...image, repository: 'team//app' },
    { ...image, repository: '/app' },
    { ...image, repository: 'team/../app' },
    { ...image, tag: undefined as unknown as string },
    { ...image, tag: 1n as unknown as string },
    undefined as unknown as typeof image,
    { ...image, tag: 'x'.repeat(10_000_000) },
    { ...image, repository: undefined as unknown as string },
  ])('case %#', async (invalid) => {
    const error = await failureOf(client.deleteTag(invalid));
    expect(error.message).toContain('Invalid');
    expect(error.message.length).toBeLessThan(1_000);
    expect(error).toMatchObject({
      status: undefined,
      code: expect.stringMatching(/^SVCSTG\.SWR\.400/),
      requestId: undefined,
    });
  });
});

describe('An answer outside the contract is told as what it is', () => {
  test.each([
    [
      'a gateway’s HTML page',
      () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }),
      { status: 502, code: undefined, message: 'the answer was 502 Bad Gateway' },
    ],
    ['an empty 200', () => new Response(null, { status: 200 }), { status: 200 }],
    [
      'a page with 200',
      () => new Response('<html>', { headers: { 'X-Request-Id': 'r' } }),
      { status: 200, requestId: 'r' },
    ],
    ['a body that breaks off', () => new Response(brokenOff()), { status: 200 }],
    ['a body that never ends', () => new Response(endless(), { status: 500 }), { status: 500 }],
    ['JSON null', () => Response.json(null, { status: 500 }), { status: 500, code: undefined }],
    [
      'a Retry-After as a date',
      () =>
        new Response(null, { status: 503, headers: { 'Retry-After': new Date(Date.now() + 30_000).toUTCString() } }),
      { status: 503, retryAfter: expect.closeTo(30, -1) },
    ],
    [
      'a request id in the body alone',
      () => Response.json({ request_id: 'abc' }, { status: 400 }),
      { requestId: 'abc' },
    ],
    [
      'an error whose detail explains it',
      () =>
        errorWith({
          error_code: 'C',
          error_msg: 'Denied.',
          errors: [{ errorCode: 'C', detail: 'tag v1 is immutable' }],
        }),
      { code: 'C', message: 'Denied. (tag v1 is immutable)', detail: 'tag v1 is immutable' },
    ],
    [
      'a detail that repeats the message',
      () => errorWith({ error_msg: 'tag v1 is immutable', errors: [{ detail: 'tag v1 is immutable' }] }),
      { message: 'tag v1 is immutable', detail: 'tag v1 is immutable' },
    ],
    [
      'the older body, whose error is in the list alone',
      () => errorWith({ errors: [{ errorCode: 'C', errorMessage: 'Denied.', detail: '' }] }),
      { code: 'C', message: 'Denied.', detail: undefined },
    ],
    ['a list of errors that holds none', () => errorWith({ errors: [null] }), { status: 400, detail: undefined }],
    ['a list of errors that is no list', () => errorWith({ errors: 'x' }), { status: 400, detail: undefined }],
  ])('%s', async (_, answer, expected) => {
    const client = createTagClient({
      baseUrl: 'http://127.0.0.1:1',
      token: TOKEN,
      fetch: async () => answer(),
      retry: { retries: 0 },
    });
    expect(await failureOf(client.deleteTag(image))).toMatchObject(expected);
  });

  test('A redirect is not followed, so the token reaches no other host', async () => {
    let visited = false;
    const elsewhere = createServer((request, response) => {
      if (request.url === '/elsewhere') visited = true;
      response.writeHead(307, { Location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    expect(await failureOf(createTagClient({ baseUrl, token: TOKEN }).deleteTag(image))).toMatchObject({ status: 307 });
    expect(visited).toBe(false);
    elsewhere.close();
  });

  test('A provider that cannot be reached is named, with the cause', async () => {
    const error = await failureOf(createTagClient({ baseUrl: 'http://127.0.0.1:1', token: TOKEN }).deleteTag(image));
    expect(error).toMatchObject({ status: undefined, message: expect.stringContaining('no answer from 127.0.0.1:1') });
    expect(error.cause).toBeDefined();
  });
});

test.each([
  '',
  'example',
  'ftp://u:SECRET@host',
  'javascript:alert(1)',
  'http://u:SECRET@h',
  'http://h?x=SECRET',
  'http://h/#SECRET',
])('%j is refused as a base URL and is not quoted', (baseUrl) => {
  expect(() => createTagClient({ baseUrl, token: TOKEN })).toThrow(/^baseUrl must (?!.*SECRET)/);
});

test.each([
  ' http://h/base ',
  'http://h/base?',
  'http://h/base#',
  'http://h/base//',
  'HTTP://H/base',
  'http:\\\\h\\base',
])('%j is used as it was checked', async (baseUrl) => {
  let url = '';
  const fetch = async (request: Request) => {
    url = request.url;
    return new Response(null, { status: 204 });
  };
  await createTagClient({ baseUrl, token: TOKEN, fetch }).deleteTag(image);
  expect(url).toBe('http://h/base/v2/manage/namespaces/group/repos/team$app/tags/v1');
});

test('A provider at a name with several addresses, none of which answers, is told with its code', async () => {
  const fetch = () => Promise.reject(new TypeError('fetch failed', { cause: refusedTwice() }));
  const error = await failureOf(createTagClient({ baseUrl: 'http://h', token: TOKEN, fetch }).deleteTag(image));
  expect(error.message).toBe('no answer from h: ECONNREFUSED');
});

test('An answer that is not HTTP is not called no answer', async () => {
  const odd = createTcpServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 2o4 No\r\n\r\n'));
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
  for (const fetch of [undefined, createPooledFetch()]) {
    const client = createTagClient({ baseUrl, token: TOKEN, ...(fetch && { fetch }) });
    expect((await failureOf(client.deleteTag(image))).message).toContain('is unreadable, the tag may be deleted');
  }
  odd.close();
});

test('An endpoint with https:// that does not speak TLS is told in words, not with a line of OpenSSL', async () => {
  const plain = createServer((_request, response) => void response.end());
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(plain.address() as AddressInfo).port}`;
  for (const fetch of [undefined, createPooledFetch()]) {
    const client = createTagClient({ baseUrl: `https://${host}`, token: TOKEN, ...(fetch && { fetch }) });
    const { message } = await failureOf(client.deleteTag(image));
    expect(message).toBe(`no answer from ${host}: it does not speak TLS (wrong version number); is it an http:// URL?`);
  }
  plain.close();
});

function refusedTwice(): Error {
  return Object.assign(new AggregateError([new Error('::1'), new Error('127.0.0.1')]), { code: 'ECONNREFUSED' });
}

test.each(['SECRET\nTOKEN', 'SECRET TOKEN', 'SÉCRET'])(
  'A token that no header can carry is refused and not quoted: %j',
  (token) => {
    expect(() => createTagClient({ baseUrl: 'http://h', token })).toThrow(
      /^a credential holds a character that no header can carry$/,
    );
  },
);

const errorWith = (body: object) => Response.json(body, { status: 400 });

function brokenOff(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"error'));
      controller.error(new Error('gone'));
    },
  });
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(0x20)) });
}

test.each([
  {},
  { token: '' },
  { token: 'a', accessKey: 'b', secretKey: 'c' },
  { accessKey: 'b' },
  { token: 'a', secretKey: 'c' },
])('%j is refused: it is not exactly one way to authenticate', (credentials) => {
  expect(() => createTagClient({ baseUrl: 'http://h', ...(credentials as { token: string }) })).toThrow(
    /either a token, or/,
  );
});

test.each<[object, string]>([
  [{ token: undefined }, 'token is undefined: either a token, or an accessKey and a secretKey are needed'],
  [{ token: '' }, 'token is empty: either'],
  [{ accessKey: '', secretKey: undefined }, 'accessKey is empty and secretKey is undefined: either'],
])('%j names the credential that has no value, as when a variable is not set', (credentials, message) => {
  expect(() => createTagClient({ baseUrl: 'http://h', ...(credentials as { token: string }) })).toThrow(message);
});

test.each<[object, string]>([
  [{ retries: 0 }, 'createTagClient has no option retries; allowed are baseUrl, token, '],
  [{ retry: { retrys: 1 } }, 'retry has no option retrys; allowed are retries, minPauseMs, maxPauseMs, tryMs, totalMs'],
  [{ retry: 0 }, 'retry must be an object with retries, '],
  [{ retry: null }, 'retry must be an object with retries, '],
])('%j is refused: ignoring it could retry a delete that must not be', (options, message) => {
  const call = () => createTagClient({ baseUrl: 'http://h', token: TOKEN, ...options });
  expect(call).toThrow(TypeError);
  expect(call).toThrow(message);
});

test('An access key pair signs the request, and the server knows its principal', async () => {
  server = await startServer({ store: new MemoryStore('group/team/app:v1', 'group/team/app:v2') });
  expect(await createTagClient({ baseUrl: server.url, ...KEYS }).deleteTag(image)).toMatchObject({
    outcome: 'deleted',
  });
  const restricted = createTagClient({ baseUrl: server.url, ...RESTRICTED_KEYS });
  expect(await failureOf(restricted.deleteTag(image))).toMatchObject({ status: 403 });
  const late = createTagClient({ baseUrl: server.url, ...KEYS, now: () => new Date(Date.now() - 16 * 60_000) });
  expect(await failureOf(late.deleteTag(image))).toMatchObject({
    status: 401,
    message: exampleOf('expired-signature')?.value.error_msg,
  });
});
