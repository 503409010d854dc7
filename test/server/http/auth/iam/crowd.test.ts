// Many tokens at once: the identity service and the callers who are known must not suffer from those who are not.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { tokenSha256 } from '../../../../../server/http/auth/token.ts';
import type { Principal } from '../../../../../server/http/principals.ts';
import { expectExample } from '../../../../support/contract.ts';
import { type IamServer, startIamServer } from '../../../../support/iam.ts';
import { json, notFound, type ScriptedIam, startScriptedIam, validToken } from '../../../../support/scripted-iam.ts';

const principals: readonly Principal[] = [
  { name: 'group-operators', iam: { domain: 'Default', project: 'group' }, namespaces: ['group'] },
  { name: 'ci', tokenSha256: tokenSha256('token-of-the-file'), namespaces: ['group'] },
];

let iam: ScriptedIam | undefined;
let server: IamServer | undefined;
afterEach(async () => {
  await server?.close();
  await iam?.close();
});

const makeToken = () => `gAAAA${randomBytes(60).toString('base64url')}`;

/** A server whose identity service holds its answers back until `release` is called. */
async function startHeldBack(options: Parameters<typeof startIamServer>[2] = {}) {
  const held: (() => unknown)[] = [];
  iam = await startScriptedIam((response, token, request) => {
    held.push(() => (token === valid ? json(200, validToken()) : notFound)(response, token, request));
  });
  const valid = makeToken();
  server = await startIamServer(iam.url, principals, options);
  const all = iam;
  return {
    iam: all,
    server,
    valid,
    release: () => {
      all.respond = (response, token, request) =>
        (token === valid ? json(200, validToken()) : notFound)(response, token, request);
      for (const answer of held.splice(0)) answer();
    },
  };
}

test('300 made-up tokens are checked 32 at a time, those beyond are answered 429, and callers who are known are served', async () => {
  const { iam, server, valid, release } = await startHeldBack({ cacheSeconds: 60, tags: ['v1', 'v2', 'v3'] });
  const first = server.delete(valid, 'v1');
  await expect.poll(() => iam.underWay).toBe(1);
  release();
  expect((await first).status).toBe(204);
  const held: (() => unknown)[] = [];
  iam.respond = (response, token, request) => held.push(() => notFound(response, token, request));

  const crowd = Array.from({ length: 300 }, () => server.delete(makeToken()));

  const refused = await Promise.all(
    Array.from({ length: 12 }, () => Promise.race(crowd.map((one, at) => one.then((answer) => ({ answer, at }))))),
  );
  for (const { answer } of refused) {
    expectExample(answer, 'throttled');
    expect(answer.headers['retry-after']).toBe('1');
  }
  expect(iam.underWay).toBe(32);
  // Meanwhile those who are known are served.
  expect((await server.delete('token-of-the-file', 'v2')).status).toBe(204);
  expect((await server.delete(valid, 'v3')).status).toBe(204);

  iam.respond = notFound;
  for (const answer of held) answer();
  const statuses = (await Promise.all(crowd)).map(({ status }) => status);
  // On a slow machine more of them have waited for too long.
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(12);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
});

test('A token that was valid before is checked again before made-up ones, and also if their places are taken', async () => {
  const { iam, server, valid, release } = await startHeldBack({ cacheSeconds: 0, tags: ['v1', 'v2'] });
  const first = server.delete(valid, 'v1');
  await expect.poll(() => iam.underWay).toBe(1);
  release();
  await first;
  const held: (() => unknown)[] = [];
  iam.respond = (response, token, request) =>
    held.push(() => (token === valid ? json(200, validToken()) : notFound)(response, token, request));
  const crowd = Array.from({ length: 300 }, () => server.delete(makeToken()));
  await Promise.race(crowd);
  const again = server.delete(valid, 'v2');
  await expect.poll(() => server.looks.filter((one) => one === 'miss').length).toBe(302);

  held.shift()?.();

  await expect.poll(() => iam.asked.at(-1)).toBe(valid);
  iam.respond = (response, token, request) =>
    (token === valid ? json(200, validToken()) : notFound)(response, token, request);
  for (const answer of held) answer();
  expect((await again).status).toBe(204);
  await Promise.all(crowd);
});

test('64 first requests with one token make one check', async () => {
  const tags = Array.from({ length: 64 }, (_, at) => `v${at}`);
  const { iam, server, valid, release } = await startHeldBack({ tags });
  const answers = tags.map((tag) => server.delete(valid, tag));
  await expect.poll(() => server.looks.length).toBe(64);
  release();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(tags.map(() => 204));
  expect(iam.asked).toEqual([valid]);
});
