// What an identity service may do instead of an answer. Callers must not take it for a refusal of their token.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Principal } from '../../../../../server/http/principals.ts';
import { expectExample } from '../../../../support/contract.ts';
import { type IamServer, startIamServer } from '../../../../support/iam.ts';
import {
  json,
  notFound,
  type Respond,
  type ScriptedIam,
  startScriptedIam,
  validToken,
} from '../../../../support/scripted-iam.ts';

const principals: readonly Principal[] = [
  {
    name: 'group-operators',
    iam: { domain: 'Default', project: 'group', roles: ['swr_admin'] },
    namespaces: ['group'],
  },
];

/** Part of every body of the stand-in. */
const SECRET = 'text-of-the-identity-service';

let iam: ScriptedIam | undefined;
let server: IamServer | undefined;
afterEach(async () => {
  await server?.close();
  await iam?.close();
  server = undefined;
  iam = undefined;
});

async function start(respond: Respond, options: Parameters<typeof startIamServer>[2] = {}) {
  iam = await startScriptedIam(respond);
  server = await startIamServer(iam.url, principals, options);
  return { iam, server };
}

const makeToken = () => `gAAAA${randomBytes(60).toString('base64url')}`;

const text =
  (status: number, body: string, headers = {}): Respond =>
  (response) =>
    response.writeHead(status, headers).end(body);

const failures: readonly [what: string, respond: Respond, kind: string, result?: string][] = [
  ['an internal error', json(500, { error: { message: SECRET } }), 'iam-refused'],
  ['503', json(503, { error: { message: SECRET } }), 'iam-refused'],
  ['429', json(429, { error: { message: SECRET } }), 'iam-refused'],
  ['403', json(403, { error: { message: SECRET } }), 'iam-refused'],
  ['400', text(400, SECRET), 'iam-refused'],
  [
    'a page instead of an identity',
    text(200, `<html>${SECRET}`, { 'Content-Type': 'text/html' }),
    'iam-not-understood',
  ],
  ['JSON of another kind', json(200, { access: { token: { id: SECRET } } }), 'iam-not-understood'],
  ['a token without its end', json(200, validToken(1, { expires_at: null })), 'iam-not-understood'],
  ['a time that is none', json(200, validToken(1, { expires_at: '2026-13-45T00:00:00Z' })), 'iam-not-understood'],
  ['a name of 300 characters', json(200, validToken(1, { user: { name: SECRET.repeat(11) } })), 'iam-not-understood'],
  ['half of its JSON', text(200, JSON.stringify(validToken()).slice(0, 200)), 'iam-not-understood'],
  ['more than 256 KiB', json(200, validToken(60, { catalog: SECRET.repeat(10_000) })), 'iam-not-understood'],
  [
    'more than 32 KiB of headers',
    text(200, JSON.stringify(validToken()), { 'X-Long': SECRET.repeat(1_300) }),
    'iam-not-understood',
  ],
  ['404 by a server that is no identity service', text(404, `<html>${SECRET}`), 'iam-not-understood'],
  ['401 by a proxy in front', text(401, `<html>${SECRET}`), 'iam-not-understood'],
  [
    'an answer that is cut',
    (response) => response.writeHead(200, { 'Content-Length': 1_000 }).write(SECRET, () => response.destroy()),
    'iam-unreachable',
  ],
  ['a connection that is reset', (response) => response.destroy(), 'iam-unreachable'],
  [
    'bytes that are not HTTP, with the token in them',
    (response, token) => response.socket?.end(`${SECRET} ${token}\r\n\r\n`),
    'iam-not-understood',
  ],
  ['nothing at all', () => undefined, 'iam-timeout'],
];

describe('The answer is 500 authentication-unavailable, never 401, if the identity service gives', () => {
  test.each(failures)('%s', async (_, respond, kind) => {
    const { server } = await start(respond);
    const token = makeToken();

    const answer = await server.delete(token);

    expectExample(answer, 'authentication-unavailable');
    expect(server.results).toEqual([kind]);
    expect(server.store.tags).toEqual(['group/busybox:v1']);
    const [line] = server.logged.slice(-1);
    expect(line).toMatchObject({ level: 'error', status: 500, outcome: 'authentication-unavailable', err: { kind } });
    expectNoSecrets(server, token, answer.body);
  });

  test('no connection', async () => {
    const { iam, server } = await start(notFound);
    await iam.close();
    expectExample(await server.delete(makeToken()), 'authentication-unavailable');
    expect(server.results).toEqual(['iam-unreachable']);
  });

  test('a redirect, which is not followed: it would carry the token away', async () => {
    const thief = await startScriptedIam(json(200, validToken()));
    try {
      const { server } = await start(text(302, '', { Location: `${thief.url}/auth/tokens` }));
      expectExample(await server.delete(makeToken()), 'authentication-unavailable');
      expect(thief.asked).toEqual([]);
    } finally {
      await thief.close();
    }
  });
});

function expectNoSecrets({ logged }: IamServer, token: string, body: string): void {
  const all = JSON.stringify(logged) + body;
  expect(all).not.toContain(token.slice(0, 30));
  expect(all).not.toContain(SECRET);
  expect(all).not.toContain('Could not find');
}

test('A refusal that quotes the token is not passed on', async () => {
  const { server } = await start(notFound);
  const token = makeToken();
  const answer = await server.delete(token);
  expectExample(answer, 'unknown-token');
  expectNoSecrets(server, token, answer.body);
});

test('A request id that could be a token is not logged', async () => {
  const { server } = await start((response, token, request) => {
    response.setHeader('X-Openstack-Request-Id', token);
    json(200, validToken(60, { audit_ids: [token] }))(response, token, request);
  });
  const token = makeToken();
  expect((await server.delete(token)).status).toBe(204);
  expectNoSecrets(server, token, '');
});

test('Keys that the server does not know are no fault of an answer', async () => {
  const { server } = await start(json(200, { ...validToken(60, { is_domain: false, news: [1] }), more: {} }));
  expect((await server.delete(makeToken())).status).toBe(204);
});

test('A token that its own document calls expired is refused', async () => {
  const { server } = await start(json(200, validToken(-1)));
  expectExample(await server.delete(makeToken()), 'unknown-token');
});

test('A connection that the service closes while it is used again costs no caller its answer', async () => {
  let count = 0;
  const { iam, server } = await start(
    (response, token, request) => {
      count += 1;
      if (count === 2) response.destroy();
      else json(200, validToken())(response, token, request);
    },
    { tags: ['v1', 'v2'] },
  );
  expect((await server.delete(makeToken(), 'v1')).status).toBe(204);
  expect((await server.delete(makeToken(), 'v2')).status).toBe(204);
  expect(iam.asked).toHaveLength(3);
});

describe('After five failures in a row', () => {
  test('the service is left alone for two seconds, and works again once it is back', async () => {
    const { iam, server } = await start(json(500, {}), { cacheSeconds: 60, tags: ['v1', 'v2'] });
    const known = makeToken();
    iam.respond = json(200, validToken());
    expect((await server.delete(known, 'v1')).status).toBe(204);
    iam.respond = json(500, {});
    for (let at = 0; at < 5; at += 1) await server.delete(makeToken());
    const before = iam.asked.length;

    expectExample(await server.delete(makeToken()), 'authentication-unavailable');

    expect(server.logged.at(-1)).toMatchObject({ err: { kind: 'iam-circuit-open' } });
    expect(iam.asked).toHaveLength(before);
    // A caller in the cache goes on.
    expect((await server.delete(known, 'v2')).status).toBe(204);
    iam.respond = json(200, validToken());
    await expect.poll(async () => (await server.delete(makeToken(), 'v1')).status, { interval: 250 }).toBe(404);
  });

  test.each([403, 400, 431])(
    'of the kind %i, which one caller’s token can cause, others are served',
    async (status) => {
      const { iam, server } = await start(json(status, {}));
      for (let at = 0; at < 6; at += 1) expectExample(await server.delete(makeToken()), 'authentication-unavailable');
      iam.respond = json(200, validToken());
      expect((await server.delete(makeToken())).status).toBe(204);
    },
  );
});

test('A caller that goes away while its token is checked has deleted nothing, and the log says so', async () => {
  let release = () => {};
  const { iam, server } = await start((response, token, request) => {
    release = () => json(200, validToken())(response, token, request);
  });
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `DELETE /v2/manage/namespaces/group/repos/busybox/tags/v1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${makeToken()}\r\n\r\n`,
  );
  await expect.poll(() => iam.underWay).toBe(1);
  socket.destroy();
  await expect.poll(() => server.logged.at(-1)).toMatchObject({ outcome: 'abandoned' });
  release();
  await expect.poll(() => server.results).toEqual(['valid']);
  // Another request is served after it, so whatever it would do has been done.
  iam.respond = notFound;
  await server.delete(makeToken());
  expect(server.store.tags).toEqual(['group/busybox:v1']);
});
