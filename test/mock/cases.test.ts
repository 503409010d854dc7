// Server and mock get the same requests from one table. If they answer differently, a consumer tests against a lie.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listedImages } from '../../mock/sessions/images.ts';
import { type Case, cases, images, protectedTags } from '../cases.ts';
import { examples, expectExample, expectFixedHeaders } from '../support/contract.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { brokenChecks, startServer, type TestServer } from '../support/server.ts';
import { ask, exchange, requestText, type WireAnswer } from '../support/wire.ts';
import { pathOf, startMock, type TestMock } from './start-mock.ts';

const ANY_TOKEN = 'the mock accepts any token';
const ANY_KEYS = 'the mock accepts any well-formed signature: it has no keys to check it with';
const ANY_RIGHT = 'every caller of the mock may delete everywhere';
const NO_PROTECTION = 'the mock protects no tags';

/** Cases in which the mock may answer differently, and why. The scenario `mock-<example>` covers each of them. */
const differences: Readonly<Record<string, { readonly answer: string; readonly reason: string }>> = {
  'an unknown token': { answer: '204', reason: ANY_TOKEN },
  'a wrong secret key': { answer: '204', reason: ANY_KEYS },
  'an unknown access key': { answer: '204', reason: ANY_KEYS },
  'a signature of another path': { answer: '204', reason: ANY_KEYS },
  'a signature of a caller without a right': { answer: '204', reason: ANY_RIGHT },
  'no right in the organization': { answer: '204', reason: ANY_RIGHT },
  'a missing tag where the caller has no right': { answer: '404 tag-not-found', reason: ANY_RIGHT },
  'a missing organization where the caller has no right': { answer: '404 organization-not-found', reason: ANY_RIGHT },
  'a protected tag where the caller has no right': { answer: '204', reason: ANY_RIGHT },
  'a protected tag': { answer: '204', reason: NO_PROTECTION },
  'a protected name that does not exist': { answer: '404 repository-not-found', reason: NO_PROTECTION },
};

let mock: TestMock;
beforeAll(async () => {
  const listed = images.map((image) => {
    const [, namespace = '', repository = '', tag = ''] = /^([^/]+)\/(.+):(.+)$/.exec(image) ?? [];
    return { namespace, repository: repository.replaceAll('/', '$'), tag };
  });
  mock = await startMock({ images: listedImages(listed) });
});
afterAll(() => mock.close());

async function askServer({ path, headers, given }: Case): Promise<WireAnswer> {
  const store = new MemoryStore(...images);
  if (given === 'storage-failure') store.failure = new Error('the disk is gone');
  const server = await startServer({
    store,
    protectedTags,
    requestsPerMinute: given === 'throttled' ? 1 : 0,
    checks: given === 'authentication-unavailable' ? brokenChecks : undefined,
  });
  try {
    const request = requestText(`DELETE ${path}`, { ...headers, Connection: 'close' });
    if (given === 'throttled') await ask(server.url, request);
    return await ask(server.url, request);
  } finally {
    await server.close();
  }
}

/** If a case needs a state of the server, the mock is asked for the answer with Prefer. */
function askMock({ title, path, headers, given, example }: Case): Promise<WireAnswer> {
  const prefer: Record<string, string> = given === undefined ? {} : { Prefer: `example=${example}` };
  const session = { 'X-Mock-Session': Buffer.from(title).toString('hex').slice(0, 128) };
  return ask(mock.url, requestText(`DELETE ${path}`, { ...headers, ...prefer, ...session, Connection: 'close' }));
}

/** An answer without the values that differ in every answer. */
function comparable({ status, headers, body }: WireAnswer): object {
  const id = headers['x-request-id'] ?? '';
  const seconds = headers['retry-after'];
  return {
    status,
    headers: {
      ...{ ...headers, 'x-request-id': 'one', date: 'a date' },
      ...(seconds !== undefined && { 'retry-after': /^[1-9]\d*$/.test(seconds) ? 'seconds' : seconds }),
      ...(headers['content-length'] !== undefined && { 'content-length': body.length - id.length }),
    },
    body: body.replace(id, 'one'),
  };
}

const agreed = cases.filter(({ title }) => !Object.hasOwn(differences, title));
const differing = cases.filter(({ title }) => Object.hasOwn(differences, title));

describe('Server and mock return the same status, headers and body', () => {
  test.each(agreed)('$status $example: $title', async (one) => {
    const answer = await askMock(one);
    expect(comparable(answer)).toEqual(comparable(await askServer(one)));
    expect(answer.status).toBe(one.status);
    if (one.example !== undefined) return expectExample(answer, one.example);
    expectFixedHeaders(answer);
    expect(Object.keys(answer.headers).filter((name) => /^(content|transfer)-/.test(name))).toEqual([]);
  });
});

describe('The mock differs only in the listed cases, for the listed reason', () => {
  test.each(differing)('$title', async (one) => {
    const { answer = '', reason = '' } = differences[one.title] ?? {};
    const [status, example] = answer.split(' ');
    const given = await askMock(one);
    expect(given.status, reason).toBe(Number(status));
    if (example !== undefined) expectExample(given, example);
    expect(comparable(given), 'no longer a difference').not.toEqual(comparable(await askServer(one)));
  });

  test('Every listed difference is a case of the table', () => {
    expect(differing.map(({ title }) => title).toSorted()).toEqual(Object.keys(differences).toSorted());
  });
});

describe('Outside the operation, server and mock return the same bytes', () => {
  const path = pathOf('v1');
  const token = { 'X-Auth-Token': 'test-token' };
  const requests: readonly [title: string, bytes: string][] = [
    ...['GET', 'POST', 'PUT', 'PATCH', 'HEAD', 'OPTIONS'].map(
      (method) => [`another method: ${method}`, requestText(`${method} ${path}`, token)] as [string, string],
    ),
    ['another path', requestText('DELETE /nowhere', token)],
    ['no HTTP', 'GARBAGE\r\n\r\n'],
    ['a broken header', `DELETE ${path} HTTP/1.1\r\nHost: h\r\nbroken header\r\n\r\n`],
    ['no Host', `DELETE ${path} HTTP/1.1\r\n\r\n`],
    ['CONNECT', 'CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['a URL that is too long', requestText(`DELETE ${pathOf('a'.repeat(9_000))}`, token)],
    ['a request line beyond every limit', requestText(`DELETE ${pathOf('a'.repeat(64_000))}`, token)],
    ['headers that are too large', requestText(`DELETE ${path}`, { ...token, 'X-Large': 'a'.repeat(64_000) })],
    ['an expectation', requestText(`DELETE ${path}`, { ...token, Expect: 'miracles' })],
    ['a body that is too large', `${requestText(`DELETE ${path}`, { ...token, 'Content-Length': '99999' })}{}`],
    ['another coding', requestText(`DELETE ${path}`, { ...token, 'Transfer-Encoding': 'gzip' })],
  ];

  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ store: new MemoryStore(...images) });
  });
  afterAll(() => server.close());

  /** The received bytes without the values that differ in every answer. */
  const received = async (url: string, bytes: string) =>
    (await exchange(url, bytes, 300)).replaceAll(/[0-9a-f]{32}/g, 'one').replace(/Date: .*/, '');

  test.each(requests)('%s', async (_, bytes) => {
    const answer = await received(mock.url, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).toBe(await received(server.url, bytes));
  });
});

test('No example has the name of a fault, so that mock-<name> is unambiguous', () => {
  expect(examples.filter(({ name }) => /^(delay|flaky)-\d+$|^(reset|truncate)$/.test(name))).toEqual([]);
});
