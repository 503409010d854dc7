import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../server/http/listener/listen.ts';
import { expectExample, expectFixedHeaders } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer, type TestServer, TOKEN } from '../../support/server.ts';
import { answersIn, ask, exchange, requestText } from '../../support/wire.ts';

const PATH = '/v2/manage/namespaces/group/repos/busybox/tags/v1';
const withToken = { 'X-Auth-Token': TOKEN };
/** More requests follow on the connection. */
const open = { ...withToken, Connection: 'keep-alive' };

let server: TestServer;
let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore('group/busybox:v1', 'group/busybox:v2');
  server = await startServer({ store, limits: { ...defaultLimits, headersTimeout: 1_000, requestTimeout: 1_500 } });
});
afterEach(() => server.close());

describe('A Content-Type changes nothing, because the operation takes no body:', () => {
  const TYPE_OF_ANOTHER_SCHEMA = 'not_provided#/properties/body';

  test.each([
    ['..%2Fother%2Fapp/tags/v1', 'invalid-repository'],
    ['busybox/tags/.x', 'invalid-tag'],
  ])('%s is still refused', async (rest, example) => {
    const path = `/v2/manage/namespaces/group/repos/${rest}`;
    await ask(server.url, requestText(`DELETE ${PATH}-absent`, withToken));
    const headers = { ...withToken, 'Content-Type': TYPE_OF_ANOTHER_SCHEMA };
    expectExample(await ask(server.url, requestText(`DELETE ${path}`, headers)), example);
    expect(server.logged.map(({ repository, tag }) => ({ repository, tag }))).toEqual([
      { repository: 'busybox', tag: 'v1-absent' },
      {},
    ]);
  });

  test('The tag is deleted whatever the type', async () => {
    const headers = { ...withToken, 'Content-Type': 'text/plain; ;;;="' };
    expect(await ask(server.url, requestText(`DELETE ${PATH}`, headers))).toMatchObject({ status: 204 });
  });
});

describe('A request outside the operation gets the contract’s error body', () => {
  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    '%s on the operation’s path is answered 405 with the allowed method',
    async (method) => {
      const answer = await ask(server.url, requestText(`${method} ${PATH}`));
      expect(answer.headers['allow']).toBe('DELETE');
      if (method === 'HEAD') expect(answer).toMatchObject({ status: 405, body: '' });
      else expectExample(answer, 'method-not-allowed');
    },
  );

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 'malformed-request'],
    ['a TLS greeting', Buffer.from('16030100a5010000a1', 'hex'), 'malformed-request'],
    ['an unknown method', requestText(`DESTROY ${PATH}`), 'malformed-request'],
    ['a space in the path', requestText('DELETE /v2/a b'), 'malformed-request'],
    [
      'Content-Length and Transfer-Encoding',
      requestText(`DELETE ${PATH}`, { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' }),
      'malformed-request',
    ],
    ['an expectation', requestText(`DELETE ${PATH}`, { ...withToken, Expect: 'miracles' }), 'expectation-failed'],
    ['headers beyond the limit', requestText(`DELETE ${PATH}`, { 'X-Large': 'x'.repeat(40_000) }), 'headers-too-large'],
    [
      'headers far beyond the limit',
      requestText(`DELETE ${PATH}`, { 'X-Large': 'x'.repeat(4_000_000) }),
      'headers-too-large',
    ],
    [
      'more than 2,000 headers, of which one behind them changes what is meant',
      requestText(`DELETE ${PATH}`, {
        ...withToken,
        ...Object.fromEntries(Array.from({ length: 2_000 }, (_, number) => [`a${number}`, ''])),
        'X-Sdk-Date': 'x',
      }),
      'headers-too-large',
    ],
    ['a URL far beyond the limit', requestText(`DELETE /v2/${'x'.repeat(40_000)}`), 'uri-too-long'],
    ['a URL beyond the limit', requestText(`DELETE /v2/${'x'.repeat(10_000)}`), 'uri-too-long'],
    [
      'an announced body beyond the limit',
      requestText(`DELETE ${PATH}`, { ...withToken, 'Content-Length': '1000000000' }),
      'body-too-large',
    ],
    [
      'a body beyond the limit in chunks',
      `${requestText(`DELETE ${PATH}`, { ...withToken, 'Transfer-Encoding': 'chunked' })}20000\r\n${'x'.repeat(0x20000)}\r\n`,
      'body-too-large',
    ],
  ])('%s', async (_, bytes, example) => {
    expectExample(await ask(server.url, bytes), example);
    expect(store.tags).toContain('group/busybox:v1');
  });

  test.each([
    ['no Host', `DELETE ${PATH} HTTP/1.1\r\nConnection: close\r\n\r\n`, 'no Host header'],
    ['two Hosts', requestText(`DELETE ${PATH}`, { host: 'b' }), 'more than one Host header'],
    ['CONNECT', 'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n', 'CONNECT'],
    [
      'another transfer coding',
      requestText(`DELETE ${PATH}`, { ...withToken, 'Transfer-Encoding': 'gzip, chunked' }),
      'a Transfer-Encoding other than chunked',
    ],
  ])('%s is answered 400 with the reason', async (_, bytes, detail) => {
    const answer = await ask(server.url, bytes);
    expectFixedHeaders(answer);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ error_code: 'APIGW.0201', errors: [{ detail }] });
  });

  test('A request that never ends its headers is answered 408', async () => {
    expectExample(await ask(server.url, `DELETE ${PATH} HTTP/1.1\r\nHost: a\r\n`), 'request-timeout');
  });

  test('A request whose body never ends is answered 408, and nothing is deleted', async () => {
    const bytes = requestText(`DELETE ${PATH}`, { ...withToken, 'Content-Length': '5' });
    expectExample(await ask(server.url, `${bytes}ab`), 'request-timeout');
    expect(store.tags).toContain('group/busybox:v1');
  });
});

describe('A caller may use', () => {
  test('the absolute form of the request target', async () => {
    expect(await ask(server.url, requestText(`DELETE http://elsewhere${PATH}`, withToken))).toMatchObject({
      status: 204,
    });
  });

  test('HTTP/1.0 without a Host', async () => {
    expect(await ask(server.url, `DELETE ${PATH} HTTP/1.0\r\nX-Auth-Token: ${TOKEN}\r\n\r\n`)).toMatchObject({
      status: 204,
    });
  });

  test('a small body, which is ignored', async () => {
    const bytes = `${requestText(`DELETE ${PATH}`, { ...withToken, 'Content-Length': '2', 'Content-Type': 'application/json' })}{}`;
    expect(await ask(server.url, bytes)).toMatchObject({ status: 204 });
  });

  test('pipelined requests, which are answered in order, even before a malformed one', async () => {
    const request = requestText(`DELETE ${PATH}`, open);
    const answers = answersIn(await exchange(server.url, `${request}${request}nonsense\r\n\r\n`));
    expect(answers.map(({ status }) => status)).toEqual([204, 404, 400]);
  });
});

test('A refused request does not cost the caller its connection', async () => {
  const refused = requestText('DELETE /', { Connection: 'keep-alive' });
  const answers = answersIn(
    await exchange(server.url, `${refused}${refused}${requestText(`DELETE ${PATH}`, withToken)}`),
  );
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 204]);
});

test('The server ends a connection that stays idle after an answer', async () => {
  await server.close();
  server = await startServer({ store, limits: { ...defaultLimits, keepAliveTimeout: 200 } });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let hasEnded = false;
  socket.resume().on('end', () => {
    hasEnded = true;
  });
  socket.write(requestText('DELETE /', { Connection: 'keep-alive' }));
  await expect.poll(() => server.logged).toHaveLength(1);
  await expect.poll(() => hasEnded).toBe(true);
  expect(socket.bytesRead).toBeGreaterThan(0);
});

describe('Every request gets its own answer:', () => {
  test.each([
    ['an expectation', requestText('DELETE /', { Expect: 'miracles' }), 417],
    ['CONNECT', 'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n', 400],
    ['an unknown transfer coding', requestText(`DELETE ${PATH}`, { 'Transfer-Encoding': 'x' }), 400],
  ])('%s behind a request waits for its turn', async (_, second, status) => {
    const first = requestText(`DELETE ${PATH}`, open);
    const answers = answersIn(await exchange(server.url, first + second));
    expect(answers.map((answer) => answer.status)).toEqual([204, status]);
  });
});

test('A refusal does not overtake a slow answer to an earlier request', async () => {
  let openGate = () => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  const deleteTag = store.deleteTag.bind(store);
  store.deleteTag = async (image) => {
    if (image.tag === 'v2') await gate;
    return deleteTag(image);
  };
  setTimeout(openGate, 300);
  const requests = ['v1', 'v2'].map((tag) => requestText(`DELETE ${PATH.replace('v1', tag)}`, open));
  const answers = answersIn(await exchange(server.url, `${requests.join('')}nonsense\r\n\r\nmore\r\n\r\n`));
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 400]);
});

describe('A caller that resets its connection disturbs no other caller', () => {
  test.each([
    ['CONNECT', 'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n'],
    ['an expectation', requestText('DELETE /', { Expect: 'miracles' })],
    ['nonsense', 'nonsense\r\n\r\n'],
    ['half a request', 'DELETE / HT'],
    ['half a body', `${requestText(`DELETE ${PATH}`, { ...withToken, 'Content-Length': '5' })}ab`],
    ['headers beyond the limit', requestText(`DELETE ${PATH}`, { 'X-Large': 'x'.repeat(40_000) })],
  ])('after %s', async (_, bytes) => {
    for (const waitMs of [0, 5, 50]) {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.write(bytes, resolve));
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      socket.resetAndDestroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    // An uncaught exception would have failed this test run.
    expect(await ask(server.url, requestText(`DELETE ${PATH}`, { Connection: 'close' }))).toMatchObject({
      status: 401,
    });
  });
});

describe('X-Request-Id', () => {
  test('a sane one of the caller is kept, in the body too', async () => {
    const answer = await ask(server.url, requestText(`DELETE ${PATH}`, { 'X-Request-Id': 'my-id.1' }));
    expect(answer.headers['x-request-id']).toBe('my-id.1');
    expect(JSON.parse(answer.body).request_id).toBe('my-id.1');
  });

  test.each(['', 'a b', '<script>', 'x'.repeat(129), 'ümlaut'])('%j is replaced', async (given) => {
    const answer = await ask(server.url, requestText(`DELETE ${PATH}`, { 'X-Request-Id': given }));
    expectFixedHeaders(answer);
    expect(answer.headers['x-request-id']).not.toBe(given);
  });
});

describe('A delete is on record', () => {
  let openGate = () => {};
  const closeGate = () => {
    store.gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
  };

  test('when its caller goes away midway', async () => {
    closeGate();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(requestText(`DELETE ${PATH}`, withToken));
    await expect.poll(() => store.underWay).toBe(1);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.logged).toEqual([]);
    openGate();
    await expect.poll(() => server.logged).toHaveLength(1);
    expect(server.logged[0]).toMatchObject({
      outcome: 'done',
      delivered: false,
      remoteAddress: '127.0.0.1',
      tag: 'v1',
      digests: [expect.stringMatching(/^sha256:/)],
    });
    expect(server.logged[0]).not.toHaveProperty('status');
  });

  test('when its caller goes away with several requests in a pipeline', async () => {
    closeGate();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(['v1', 'v2'].map((tag) => requestText(`DELETE ${PATH.replace('v1', tag)}`, open)).join(''));
    await expect.poll(() => store.underWay).toBe(2);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    openGate();
    await expect.poll(() => server.logged).toHaveLength(2);
    for (const line of server.logged) expect(line).toMatchObject({ outcome: 'done', delivered: false });
  });

  test('when the store takes longer than a caller waits', async () => {
    await server.close();
    server = await startServer({ store, handlerTimeoutMs: 200 });
    closeGate();
    const request = requestText(`DELETE ${PATH}`, { ...withToken, Connection: 'close' });
    expectExample(await ask(server.url, request), 'storage-failure');
    openGate();
    await expect.poll(() => server.logged).toHaveLength(1);
    expect(server.logged[0]).toMatchObject({
      status: 500,
      outcome: 'storage-failure',
      digests: [expect.stringMatching(/^sha256:/)],
      err: { type: 'NotInTime' },
    });
  });

  test('and why it failed, when that came after its caller had its answer', async () => {
    await server.close();
    server = await startServer({ store, handlerTimeoutMs: 200 });
    closeGate();
    store.failure = new Error('the disk is gone');
    const request = requestText(`DELETE ${PATH}`, { ...withToken, Connection: 'close' });
    expectExample(await ask(server.url, request), 'storage-failure');
    openGate();
    await expect.poll(() => server.logged).toHaveLength(1);
    expect(server.logged[0]).toMatchObject({
      outcome: 'storage-failure',
      err: { message: 'not done within 200 ms; then it failed: the disk is gone' },
    });
  });

  test('when the process is about to end before the delete has ended, and again if it ends after that', async () => {
    await server.close();
    const ending = new AbortController();
    server = await startServer({ store, ending: ending.signal });
    closeGate();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(requestText(`DELETE ${PATH}`, withToken));
    await expect.poll(() => store.underWay).toBe(1);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    ending.abort();
    expect(server.logged).toHaveLength(1);
    expect(server.logged[0]).toMatchObject({ outcome: 'unfinished', unfinished: true, tag: 'v1' });
    expect(server.logged[0]).not.toHaveProperty('digests');
    openGate();
    await expect.poll(() => server.logged).toHaveLength(2);
    expect(server.logged[1]).toMatchObject({ outcome: 'done', digests: [expect.stringMatching(/^sha256:/)] });
    expect(server.logged[1]).not.toHaveProperty('unfinished');
  });
});

test.each(['tag', 'namespace', 'a/b'])('An unknown query parameter %s is refused by name', async (name) => {
  const answer = await ask(server.url, requestText(`DELETE ${PATH}?${name}=x`, { ...withToken, Connection: 'close' }));
  expect(JSON.parse(answer.body)).toMatchObject({
    error_code: 'SVCSTG.SWR.4000014',
    errors: [{ detail: `query parameter: ${name}` }],
  });
});
