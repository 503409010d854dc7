// CORS headers, byte by byte: as stock Prism sends them, on every answer.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTagClient } from '../../client/index.ts';
import { serveDocs } from '../../server/http/docs.ts';
import { answersIn, ask, exchange, requestText, type WireAnswer } from '../support/wire.ts';
import { pathOf, startMock, type TestMock } from './start-mock.ts';

const ORIGIN = 'https://front-end.example';
const token = { 'X-Auth-Token': 'any' };
const V1 = pathOf('v1');

let mock: TestMock;
beforeAll(async () => {
  mock = await startMock({ isCorsOn: true, areFaultsOn: true, docs: await serveDocs() });
});
afterAll(() => mock.close());

const corsOf = ({ headers }: WireAnswer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'));

const EXPOSED = 'X-Request-Id, Retry-After, WWW-Authenticate, Allow';

describe('A page of another origin can read', () => {
  test.each([
    ['204', `DELETE ${pathOf('cors-1')}`, token],
    ['400', `DELETE ${pathOf('.v1')}`, token],
    ['401', `DELETE ${V1}`, {}],
    ['403', `DELETE ${pathOf('mock-tag-protected')}`, token],
    ['404', `DELETE ${pathOf('mock-tag-not-found')}`, token],
    ['404', 'DELETE /nowhere', token],
    ['405', `PUT ${V1}`, token],
    ['405', `OPTIONS ${V1}`, token],
    ['417', `DELETE ${V1}`, { ...token, Expect: 'miracles' }],
    ['413', `DELETE ${V1}`, { ...token, 'Content-Length': '99999' }],
    ['429', `DELETE ${pathOf('mock-throttled')}`, token],
    ['500', `DELETE ${pathOf('mock-storage-failure')}`, token],
    ['204', 'DELETE /__mock/sessions/a', {}],
    ['200', 'GET /__mock/healthz', {}],
    ['200', 'GET /openapi.yaml', {}],
  ])('a %s to %s', async (status, line, headers) => {
    const answer = await ask(mock.url, requestText(line, { Origin: ORIGIN, ...headers }));
    expect(answer.status).toBe(Number(status));
    expect(corsOf(answer)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': EXPOSED,
      vary: expect.stringContaining('Origin'),
    });
  });

  test.each([
    ['a 400 to what is no HTTP', 'GARBAGE\r\n\r\n'],
    ['a 431', requestText(`DELETE ${V1}`, { 'X-Large': 'a'.repeat(64_000) })],
  ])('%s, though its origin is unknown', async (_, bytes) => {
    const [answer] = answersIn(await exchange(mock.url, bytes, 300)) as [WireAnswer];
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': EXPOSED,
    });
  });

  test('an answer to a request without an origin', async () => {
    const answer = await ask(mock.url, requestText(`DELETE ${pathOf('cors-2')}`, token));
    expect(corsOf(answer)).toMatchObject({ 'access-control-allow-origin': '*' });
  });
});

describe('A preflight', () => {
  const preflight = (headers: Record<string, string> = {}, path = V1) =>
    ask(
      mock.url,
      requestText(`OPTIONS ${path}`, {
        ...{ Origin: ORIGIN, 'Access-Control-Request-Method': 'DELETE' },
        ...{ 'Access-Control-Request-Headers': 'content-type,x-auth-token', ...headers },
      }),
    );

  test.each([V1, pathOf('.v1'), '/nowhere', '/__mock/sessions'])(
    'returns 204 without credentials: %s',
    async (path) => {
      const answer = await preflight({}, path);
      expect(answer).toMatchObject({ status: 204, body: '' });
      expect(corsOf(answer)).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-methods': 'DELETE',
        'access-control-allow-headers': 'content-type,x-auth-token',
      });
      expect(answer.headers).not.toHaveProperty('content-length');
    },
  );

  test('of a public page is allowed to reach the local network', async () => {
    const answer = await preflight({ 'Access-Control-Request-Private-Network': 'true' });
    expect(corsOf(answer)).toMatchObject({ 'access-control-allow-private-network': 'true' });
    expect(corsOf(await preflight())).not.toHaveProperty('access-control-allow-private-network');
  });

  test('has a line of its own in the log, and deletes nothing', async () => {
    await preflight({ 'X-Request-Id': 'preflight' }, pathOf('cors-3'));
    await expect
      .poll(() => mock.lines.find((line) => line.endsWith(' preflight')))
      .toContain('-> 204 (CORS preflight)');
    const client = createTagClient({ baseUrl: mock.url, token: 'any' });
    const image = { namespace: 'group', repository: 'busybox', tag: 'cors-3' };
    expect(await client.deleteTag(image)).toMatchObject({ outcome: 'deleted' });
  });
});

test('With CORS off no answer has a CORS header, and a preflight is a 405', async () => {
  const closed = await startMock();
  const headers = { ...token, Origin: ORIGIN, 'Access-Control-Request-Method': 'DELETE' };
  expect(corsOf(await ask(closed.url, requestText(`DELETE ${V1}`, headers)))).toEqual({});
  const preflight = await ask(closed.url, requestText(`OPTIONS ${V1}`, headers));
  expect(preflight.status).toBe(405);
  expect(corsOf(preflight)).toEqual({});
  await closed.close();
});
