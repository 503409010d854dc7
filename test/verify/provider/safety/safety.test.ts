// A partner lets the check delete by right: what it was not offered must never be at stake, whatever stands between the
// two, and fixtures that are wrong are said so instead of being blamed on the provider.
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { readContract } from '../../../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../../../verify/faulty-providers/correct.ts';
import { faults } from '../../../../verify/faulty-providers/faults.ts';
import { startProvider } from '../../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../../verify/fixtures.ts';
import { verifyProvider } from '../../../../verify/provider/verify-provider.ts';
import type { Report } from '../../../../verify/report/model.ts';

const contract = await readContract();

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

type Json = ReturnType<typeof fixturesOf>;

async function start(change: Partial<Behaviour> = {}) {
  const provider = await startProvider(change);
  cleanUps.push(provider.close);
  return provider;
}

/** Checks a provider by fixtures that are changed. */
async function check(
  change: Partial<Behaviour> = {},
  fixtures: (right: Json) => unknown = (right) => right,
): Promise<Report> {
  const provider = await start(change);
  return verifyProvider({
    baseUrl: provider.url,
    fixtures: fixturesOf(fixtures(provider.fixtures)),
    contract,
    seed: 1,
  });
}

interface Seen {
  readonly path: string;
  readonly token: string | undefined;
}

/** A front end that sees every path as it is sent, and by whom. */
async function startFront(to: string): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { method, url: path = '', headers } = request;
    seen.push({ path, token: headers['x-auth-token'] as string | undefined });
    const onward = send(to, { method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** As a front end puts it right: dots resolved, empty names dropped. */
const resolved = (path: string) => new URL(`http://h${path}`).pathname.split('/').filter(Boolean).join('/');

describe('a path that a front end shortens is never that of the repository or the namespace', () => {
  test.each([
    ['by names that do not exist', ['tag', 'repository', 'namespace']],
    ['where those are not all known, by a caller who may not delete', ['tag']],
  ])('%s', async (_, known) => {
    const { url, fixtures } = await start();
    const front = await startFront(url);
    const absent = Object.fromEntries(Object.entries(fixtures.absent).filter(([key]) => known.includes(key)));

    const report = await verifyProvider({
      baseUrl: front.url,
      fixtures: fixturesOf({ ...fixtures, absent }),
      contract,
      seed: 1,
      // The front end waits for a body that is announced and never comes.
      timeoutMs: 2_000,
    });

    const whole = /\/namespaces\/group(?:\/repos(?:\/team(?:\$|%24)app(?:\/tags)?)?)?$|\/namespaces$/;
    const shortened = front.seen.filter(({ path }) => whole.test(`/${resolved(path)}`));
    expect(shortened.filter(({ token }) => token === fixtures.credentials.allowed.token)).toEqual([]);
    expect(front.seen.map(({ path }) => path)).toContainEqual(expect.stringMatching(/\/tags\/\.\.$/));
    expect(report.findings.find(({ id }) => id === 'tag/dots')?.verdict).toBe('verified');
  });

  test('where neither is known it is not sent, and not verified', async () => {
    const { url, fixtures } = await start();
    const front = await startFront(url);
    const { credentials, absent } = fixtures;

    const { findings } = await verifyProvider({
      baseUrl: front.url,
      fixtures: fixturesOf({
        ...fixtures,
        credentials: { allowed: credentials?.allowed },
        absent: { tag: absent.tag },
      }),
      contract,
      seed: 1,
      // The front end waits for a body that is announced and never comes.
      timeoutMs: 2_000,
    });

    for (const id of ['tag/dots', 'tag/empty', 'repository/dots', 'path/unknown', 'path/raw-slash']) {
      expect(findings.find((one) => one.id === id)).toMatchObject({
        verdict: 'not-verified',
        fixture: expect.stringMatching(/^absent\.(?:namespace|repository)$/),
      });
    }
    expect(front.seen.filter(({ path }) => /\/tags\/?(?:\.\.?)?$/.test(path))).toEqual([]);
  });
});

describe('an absent name that exists', () => {
  test('is said so, when its tag is lost: nobody would notice otherwise', async () => {
    const checked = check({}, ({ images, absent, ...right }) => ({
      ...right,
      images: { ...images, tags: images.tags.filter((tag) => tag !== 'v3') },
      absent: { ...absent, tag: 'v3' },
    }));

    await expect(checked).rejects.toThrow('absent.tag existed, and is deleted now');
  });

  test('loses no tag to names that might be those of its tags', async () => {
    const asked: string[] = [];
    const report = await check(
      {
        match: (path) => {
          if (path.includes('/provoked/')) asked.push(path.split('/').at(-1) ?? '');
          return correct.match(path);
        },
      },
      ({ provoke: _, absent, ...right }) => ({ ...right, absent: { ...absent, repository: 'provoked' } }),
    );

    expect(asked.filter((tag) => !/^verify-[0-9a-f]{16}$/.test(tag))).toEqual([]);
    expect(asked).not.toEqual([]);
    const verdictOf = (id: string) => report.findings.find((one) => one.id === id);
    expect(verdictOf('tag/shortest')).toMatchObject({ verdict: 'not-verified', fixture: 'absent.repository' });
    expect(verdictOf('tag/random-legal')).toMatchObject({ verdict: 'not-verified', fixture: 'absent.repository' });
    expect(verdictOf('not-found/repository-by-token:vendor')?.verdict).toBe('violated');
    expect(report.notes?.join()).toContain('The provider does not say that absent.repository does not exist');
  });

  test.each([
    ['absent.repository is images.repository', { repository: 'team/app' }],
    ['absent.namespace is images.namespace', { namespace: 'group' }],
    ['absent.repository is provoke.storage-failure.repository', { repository: 'provoked' }],
  ])('is refused where the fixtures contradict themselves: %s', async (problem, absent) => {
    const checked = check({}, (right) => ({ ...right, absent: { ...right.absent, ...absent } }));

    await expect(checked).rejects.toThrow(problem);
  });
});

describe('Credentials that the provider refuses do not end the run', () => {
  const wrong = 'not-what-the-provider-knows';
  test.each([
    ['credentials/token', { allowed: { token: wrong } }],
    ['credentials/signature', { allowed: { secretKey: wrong } }],
    ['forbidden/by-token', { forbidden: { token: wrong } }],
    ['forbidden/by-signature', { forbidden: { accessKey: wrong } }],
  ])('%s is violated, and base is kept', async (id, change: { allowed?: object; forbidden?: object }) => {
    const report = await check({}, ({ credentials = {}, ...right }) => ({
      ...right,
      credentials: {
        allowed: { ...credentials.allowed, ...change.allowed },
        forbidden: { ...credentials.forbidden, ...change.forbidden },
      },
    }));

    expect(report.findings.find((one) => one.id === id)?.verdict).toBe('violated');
    expect(report.findings.filter(({ level, verdict }) => level === 'base' && verdict === 'violated')).toEqual([]);
  });

  test('A run in which every way in is refused cannot say anything, and names the key', async () => {
    const checked = check({}, (right) => ({ ...right, credentials: { allowed: { token: wrong } } }));

    await expect(checked).rejects.toThrow('refuses the fixtures’ credentials.allowed.token');
  });
});

describe('A wrong base path is reported as what it looks like', () => {
  const page = (status: number) => ({ status, headers: { 'Content-Type': 'text/html' }, body: '<p>Nothing here</p>' });

  test('A page that says 404 to everything says nothing of deletes: the base path is asked for', async () => {
    const checked = check({ match: () => undefined, error: () => page(404) });

    await expect(checked).rejects.toThrow('is the base path right?');
  });

  test('A page that says 200 to everything breaks base', async () => {
    const { findings } = await check({ match: () => undefined, error: () => page(200) });

    const ids = findings.filter(({ level, verdict }) => level === 'base' && verdict === 'violated').map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['delete/twice', 'not-found/tag-by-token']));
  });
});

test('tags that are not found do not throw away what else was found', async () => {
  const { change } = faults.find(({ name }) => name === 'trailing-slash-accepted') ?? {};

  const report = await check(change, (right) => ({ ...right, images: { ...right.images, tags: ['none', 'nothing'] } }));

  expect(report.findings.find(({ id }) => id === 'path/trailing-slash')?.verdict).toBe('violated');
  expect(report.notes?.join()).toContain('must exist before each run');
});
