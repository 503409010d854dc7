// A partner is judged by what it promised: providers of each level keep it, and single faults are caught at base.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import PQueue from 'p-queue';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { tokenSha256 } from '../../../server/http/auth/token.ts';
import type { Level } from '../../../verify/contract/level.ts';
import { readContract } from '../../../verify/contract/read-contract.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import { exitCodeOf } from '../../../verify/report/exit-code.ts';
import type { Report } from '../../../verify/report/model.ts';
import { headlineOf, levelCountsOf, levelsLineOf, problemsOf } from '../../../verify/report/summary.ts';
import { writeLayout } from '../../server/stores/layout/synthetic.ts';
import { startServerProcess } from '../../support/process.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { baseFaults } from './base-faults.ts';
import { baseFixtures, startBaseProvider } from './base-provider.ts';

const contract = await readContract();
const TOKEN = 'a-token-of-the-partner';

const check = (url: string, level: Level, credentials?: object): Promise<Report> =>
  checkWith(url, level, { ...baseFixtures, ...(credentials && { credentials }) });

const checkWith = (url: string, level: Level, fixtures: object): Promise<Report> =>
  verifyProvider({ baseUrl: url, fixtures: fixturesOf(fixtures), contract, level, seed: 1, timeoutMs: 5_000 });

const violatedAt = ({ findings }: Report, level: Level) =>
  findings.filter((one) => one.level === level && one.verdict === 'violated').map(({ id }) => id);

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function startInTypeScript(token?: string): Promise<string> {
  const { url, close } = await startBaseProvider({}, token);
  cleanUps.push(close);
  return url;
}

/** The one in Python's standard library, written from the base document alone. */
const startInPython = (token?: string): Promise<string> =>
  startScript('base_provider.py', token === undefined ? [] : [token]);

async function startScript(name: string, args: readonly string[] = []): Promise<string> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const child: ChildProcess = spawn('python3', [file, ...args]);
  cleanUps.push(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return `http://127.0.0.1:${port.toString().trim()}`;
}

const builds = [
  { build: 'TypeScript', start: startInTypeScript, isMissing: false },
  { build: 'Python’s standard library', start: startInPython, isMissing: areMissing('python3') },
];

describe.each(builds)('A provider of the base document alone, in $build', ({ start, isMissing }) => {
  test.skipIf(isMissing)('keeps base without credentials, with at least eight things verified', async () => {
    const report = await check(await start(), 'base');

    expect(violatedAt(report, 'base')).toEqual([]);
    expect(levelCountsOf(report).base?.verified).toBeGreaterThanOrEqual(8);
    expect(levelCountsOf(report)).toEqual({ base: expect.anything() });
    expect(new Set(report.findings.map(({ level }) => level))).toEqual(new Set(['base']));
    expect(levelsLineOf(report)).toMatch(/^Keeps base/);
  });

  test.skipIf(isMissing)('keeps base with a token check, if the fixtures have the token', async () => {
    const report = await check(await start(TOKEN), 'base', { allowed: { token: TOKEN } });

    expect(violatedAt(report, 'base')).toEqual([]);
    expect(levelCountsOf(report).base?.verified).toBeGreaterThanOrEqual(8);
  });

  test.skipIf(isMissing)('keeps base in a full check too: what it breaks is said of vendor and full', async () => {
    const report = await check(await start(TOKEN), 'full', { allowed: { token: TOKEN } });

    expect(violatedAt(report, 'base')).toEqual([]);
    expect(violatedAt(report, 'vendor')).not.toEqual([]);
    expect(violatedAt(report, 'full')).not.toEqual([]);
    // A list that a partner reads to its end.
    expect(problemsOf(report).length).toBeLessThanOrEqual(12);
    expect(levelsLineOf(report)).toMatch(
      /^Keeps base.* Breaks vendor in \d+ ways\. \d+ differences from this contract's extensions\.$/,
    );
  });

  test.skipIf(isMissing)(
    'that asks for a token the fixtures lack is not verified, with the key, and not condemned',
    async () => {
      const report = await check(await start(TOKEN), 'base');

      expect(violatedAt(report, 'base')).toEqual([]);
      expect(report.findings.find(({ id }) => id === 'delete/twice')).toMatchObject({
        verdict: 'not-verified',
        fixture: 'credentials.allowed',
      });
    },
  );
});

const TAGS = ['v1', 'v10', 'V1', ...Array.from({ length: 7 }, (_, index) => `v${index + 2}`)];
const ABSENT = { tag: 'no-such-tag', repository: 'no-such-repo', namespace: 'no-such-org' };
const TOKENS = { allowed: { token: 'token-of-the-allowed' }, forbidden: { token: 'token-of-the-forbidden' } };
const images = (repository: string) => ({ namespace: 'group', repository, tags: TAGS });

describe('A provider of the vendor’s dialect, written apart from this project', () => {
  const fixtures = { credentials: TOKENS, images: images('team/app'), absent: ABSENT };
  const isMissing = areMissing('python3');

  test.skipIf(isMissing)('keeps vendor, with most of it verified', async () => {
    const report = await checkWith(await startScript('vendor_provider.py'), 'vendor', fixtures);

    expect(violatedAt(report, 'base')).toEqual([]);
    expect(violatedAt(report, 'vendor')).toEqual([]);
    expect(levelCountsOf(report).vendor?.verified).toBeGreaterThanOrEqual(50);
    expect(levelsLineOf(report)).toMatch(/^Keeps base.* Keeps vendor/);
  });

  test.skipIf(isMissing)('keeps vendor in a full check too, and is told of few differences', async () => {
    const report = await checkWith(await startScript('vendor_provider.py'), 'full', fixtures);

    expect(violatedAt(report, 'vendor')).toEqual([]);
    expect(problemsOf(report).length).toBeLessThanOrEqual(8);
    expect(levelsLineOf(report)).toMatch(/ \d differences from this contract's extensions\.$/);
  });
});

describe('This project’s own server', () => {
  test('keeps vendor, and keeps full; asked without credentials it keeps nothing that is known of', async () => {
    const directory = await temporaryDirectory();
    cleanUps.push(directory.remove);
    const principals = [
      { name: 'allowed', tokenSha256: tokenSha256(TOKENS.allowed.token), namespaces: ['group', 'no-such-org'] },
      { name: 'forbidden', tokenSha256: tokenSha256(TOKENS.forbidden.token), namespaces: ['elsewhere'] },
    ];
    await writeFile(`${directory.path}/credentials.yaml`, stringify({ principals }));
    for (const name of ['one', 'two']) await writeLayout(`${directory.path}/images/group/${name}`, TAGS);
    const server = startServerProcess({
      CREDENTIALS_FILE: `${directory.path}/credentials.yaml`,
      DATA_DIR: `${directory.path}/images`,
    });
    cleanUps.unshift(async () => {
      server.child.kill('SIGTERM');
      await server.ended;
    });
    const url = await server.url;
    const fixtures = (repository: string) => ({ credentials: TOKENS, images: images(repository), absent: ABSENT });

    const vendor = await checkWith(url, 'vendor', fixtures('one'));
    const full = await checkWith(url, 'full', fixtures('two'));
    const unasked = await checkWith(url, 'base', { images: images('two'), absent: ABSENT });

    expect(levelsLineOf(vendor)).toMatch(/^Keeps base[^.]*\. Keeps vendor[^.]*\.$/);
    expect(levelsLineOf(full)).toMatch(/^Keeps base[^.]*\. Keeps vendor[^.]*\. Keeps full[^.]*\.$/);
    expect(levelsLineOf(unasked)).toMatch(/^Not verified: base \(\d+ of \d+ cases\)\.$/);
    expect(headlineOf(unasked)).toMatch(/^Not verified: \d+ of \d+ cases$/);
    expect(exitCodeOf(unasked, { allowUnverified: true })).toBe(3);
    expect([...vendor.findings, ...full.findings].filter(({ verdict }) => verdict === 'violated')).toEqual([]);
  });
});

describe('A single fault of a base provider is caught at base', () => {
  const reports = new Map<string, Report>();
  beforeAll(async () => {
    const queue = new PQueue({ concurrency: 4 });
    await queue.addAll(
      baseFaults.map(({ name, change }) => async () => {
        const { url, close } = await startBaseProvider(change);
        reports.set(name, await check(url, 'base').finally(close));
      }),
    );
  }, 600_000);

  test('there are at least 25 of them', () => expect(baseFaults.length).toBeGreaterThanOrEqual(25));

  test.each(baseFaults)('$name, else $loss', ({ name }) => {
    expect(violatedAt(reports.get(name) as Report, 'base')).not.toEqual([]);
  });
});
