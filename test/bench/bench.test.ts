// The benchmark as users run it, at its shortest. The figures are not looked at, only that the right things are measured.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Results } from '../../bench/results/results.ts';
import { builtModule } from '../support/built.ts';
import { runProcess } from '../support/command.ts';

const MAIN = fileURLToPath(builtModule('bench/main.ts'));
const ROOT = new URL('../..', import.meta.url).pathname;

const bench = (...args: string[]) => runProcess(process.execPath, [MAIN, ...args]);

let directory: string;
let stdout: string;
let results: Results;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'swr-tag-delete-test-'));
  // A file of the test: the results of the last real run are kept.
  const out = join(directory, 'results.json');
  const args = ['--only', 'express', '--against', ROOT, '--rounds', '1', '--seconds', '1', '--out', out];
  const run = await bench('server', ...args);
  expect(run.code, run.stderr).toBe(0);
  stdout = run.stdout;
  results = JSON.parse(await readFile(out, 'utf8')) as Results;
}, 180_000);

afterAll(() => rm(directory, { recursive: true }));

test('A run measures the server beside a peer and leaves results that can be compared', () => {
  const { rounds, machine, sections } = results;
  expect(rounds).toBe(1);
  expect(machine.node).toBe(process.version);
  const [server] = sections;
  expect(server?.missing).toEqual([]);
  expect(server?.measurements.map(({ contender, work }) => `${contender} ${work}`)).toEqual([
    'ours 204',
    'other 204',
    'express 204',
    'ours 404',
    'other 404',
    'express 404',
  ]);
  for (const { figures } of server?.measurements ?? []) expect(figures['requests/s']?.median).toBeGreaterThan(0);
  expect(server?.ratios.map(({ atLeast }) => atLeast)).toEqual([1.3, 1.3]);
  expect(stdout).toContain(server?.title);
});

test('Two builds that are measured in one run are compared figure by figure', () => {
  const comparisons = results.sections[0]?.comparisons?.filter(({ figure }) => figure === 'requests/s');
  expect(comparisons?.map(({ work }) => work)).toEqual(['204', '404']);
  for (const { ours, other, ratio } of comparisons ?? []) expect(ratio.median).toBeCloseTo(ours / other);
  expect(stdout).toContain('ours ÷ other');
});

test('An unknown row is refused with the list of rows', async () => {
  const run = await bench('sever');
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("unknown row 'sever'. Rows: server");
});

test('A folder without a build is refused before anything is measured', async () => {
  const run = await bench('--against', directory);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('It must be a checkout with a build');
});
