// What a partner entrusts to the check: tags. It deletes those of the fixtures, each once, and nothing else.
import { afterEach, expect, test } from 'vitest';
import { readContract } from '../../../../verify/contract/read-contract.ts';
import { fixturesOf } from '../../../../verify/fixtures.ts';
import { verifyProvider } from '../../../../verify/provider/verify-provider.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { KEYS, RESTRICTED_TOKEN, startServer, type TestServer, TOKEN } from '../../../support/server.ts';

const contract = await readContract();

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** The stand-in for a store forgets a repository with its last tag. */
const STAYS = 'group/team/app:stays';
const TAGS = ['v1', 'v10', 'V1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7'];

/** Checks this project's server with these tags of its repository. */
async function check(tags: readonly string[], others: readonly string[] = [], more: object = {}) {
  const store = new MemoryStore(...tags.map((tag) => `group/team/app:${tag}`), ...others);
  server = await startServer({ store });
  const fixtures = fixturesOf({
    credentials: { allowed: { token: TOKEN, ...KEYS }, forbidden: { token: RESTRICTED_TOKEN } },
    images: { namespace: 'group', repository: 'team/app', tags },
    absent: { tag: 'no-such-tag', repository: 'no-such-repo', namespace: 'no-such-org' },
    ...more,
  });
  const report = await verifyProvider({ baseUrl: server.url, fixtures, contract, seed: 1 });
  const verdictOf = (id: string) => report.findings.find((one) => one.id === id)?.verdict;
  const deleted = server.logged.flatMap(({ status, tag }) => (status === 204 ? [String(tag)] : []));
  return { report, store, verdictOf, deleted };
}

test('exactly the fixtures’ tags are gone afterwards, each deleted once', async () => {
  const others = ['v', 'v100', 'V10', 'a', '0', '_', 'a'.repeat(128)].map((tag) => `group/team/app:${tag}`);
  const elsewhere = ['a/a:v1', 'group/app:v1', 'group/team:v1', `${'a'.repeat(64)}/team/app:v1`, 'group/a:v1'];

  const { store, deleted, report } = await check(TAGS, [...others, ...elsewhere]);

  expect(store.tags).toEqual([...others, ...elsewhere]);
  expect(deleted.toSorted()).toEqual(TAGS.toSorted());
  expect(report.findings.filter(({ verdict }) => verdict === 'violated')).toEqual([]);
});

test.each([1, 2, 3, 4])(
  'with %i tags the cases that lack one are not verified, and say what they need',
  async (count) => {
    const { report, deleted, verdictOf } = await check(TAGS.slice(3, 3 + count), [STAYS]);

    expect(verdictOf('delete/twice')).toBe('verified');
    expect(deleted).toHaveLength(count);
    const open = report.findings.filter(({ id, verdict }) => id.startsWith('delete/') && verdict !== 'verified');
    expect(open.length).toBeGreaterThan(0);
    expect(new Set(open.map(({ verdict, fixture }) => `${verdict} ${fixture}`))).toEqual(
      new Set(['not-verified images.tags']),
    );
  },
);

test('without credentials that have no right 403 is not verified, and never passed', async () => {
  const { report } = await check(TAGS, [STAYS], { credentials: { allowed: { token: TOKEN } } });

  const rows = report.findings.filter(({ status }) => status === '403');
  expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(['not-verified']));
  expect(rows.map(({ fixture }) => fixture)).toContain('credentials.forbidden');
});

test('without an access key signatures are not verified, and say what they need', async () => {
  const { report } = await check(TAGS, [STAYS], { credentials: { allowed: { token: TOKEN } } });

  const rows = report.findings.filter(({ cause }) => cause === 'expired-signature');
  expect(rows.map(({ verdict, fixture }) => `${verdict} ${fixture}`)).toEqual([
    'not-verified credentials.allowed.accessKey',
    'not-verified credentials.allowed.accessKey',
  ]);
});

test('with an access key alone everything is asked with signatures', async () => {
  const { report, store } = await check(TAGS, [STAYS], {
    credentials: { allowed: KEYS, forbidden: { token: RESTRICTED_TOKEN } },
  });

  expect(report.findings.filter(({ verdict }) => verdict === 'violated')).toEqual([]);
  expect(store.tags).toEqual([STAYS]);
});

test('a second run without the tags says that the fixtures are wrong', async () => {
  await expect(
    check([], ['group/team/app:other'], { images: { namespace: 'group', repository: 'team/app', tags: TAGS } }),
  ).rejects.toThrow(/every delete in group\/team\/app was answered 404.*must exist before each run/);
});

test('a caller without a right in the fixtures’ namespace is said so, instead of a wall of violations', async () => {
  const credentials = { allowed: { token: RESTRICTED_TOKEN } };

  await expect(check(TAGS, [], { credentials })).rejects.toThrow(/every delete .* was answered 403/);
});

test('unknown credentials are said so before anything else is sent', async () => {
  const credentials = { allowed: { token: 'nobody' } };

  await expect(check(TAGS, [], { credentials })).rejects.toThrow(/refuses the fixtures’ credentials.allowed/);
  expect(server?.logged.filter(({ status }) => status !== undefined)).toHaveLength(1);
});
