// A partner's provider in another language, with another HTTP library, keeps what it promised.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import { levelCountsOf, levelsLineOf } from '../../../verify/report/summary.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { baseFixtures } from '../../verify/levels/base-provider.ts';

const TOKEN = 'a-token-of-the-partner';
const source = fileURLToPath(new URL('base_provider.go', import.meta.url));
const isMissing = areMissing('go');

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let child: ChildProcess;

beforeAll(async () => {
  directory = await temporaryDirectory();
  if (!isMissing) await promisify(execFile)('go', ['build', '-o', `${directory.path}/provider`, source]);
});
afterAll(() => directory.remove());
afterEach(async () => {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
});

async function check(level: 'base' | 'full', token?: string) {
  child = spawn(`${directory.path}/provider`, token === undefined ? [] : [token]);
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const credentials = token === undefined ? {} : { credentials: { allowed: { token } } };
  const report = await verifyProvider({
    baseUrl: `http://127.0.0.1:${port.toString().trim()}`,
    fixtures: fixturesOf({ ...baseFixtures, ...credentials }),
    contract: await readContract(),
    level,
    seed: 1,
    timeoutMs: 5_000,
  });
  const violated = report.findings.filter((one) => one.level === 'base' && one.verdict === 'violated');
  return { report, violated: violated.map(({ id }) => id) };
}

describe.skipIf(isMissing)('A provider of the base document alone, in Go’s standard library', () => {
  test.each<['base' | 'full', string | undefined]>([
    ['base', undefined],
    ['base', TOKEN],
    ['full', TOKEN],
  ])('keeps base in a check up to %s with the token %s', async (level, token) => {
    const { report, violated } = await check(level, token);
    expect(violated).toEqual([]);
    expect(levelCountsOf(report).base?.verified).toBeGreaterThanOrEqual(8);
    expect(levelsLineOf(report)).toMatch(/^Keeps base/);
  });
});
