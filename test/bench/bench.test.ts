// The benchmark as users run it, at its shortest. The figures are not looked at, only that the right things are measured.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Results } from '../../bench/results/results.ts';
import { runProcess } from '../support/command.ts';

const MAIN = new URL('../../dist/bench/main.js', import.meta.url).pathname;
const ROOT = new URL('../..', import.meta.url).pathname;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'swr-tag-delete-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

const bench = (...args: string[]) => runProcess(process.execPath, [MAIN, ...args]);

/** Runs the benchmark at its shortest. Its results go to a file of the test, never to those of the last real run. */
async function measured(name: string, ...args: string[]): Promise<{ stdout: string; results: Results }> {
  const out = join(directory, `${name}.json`);
  const run = await bench('server', ...args, '--rounds', '1', '--seconds', '1', '--out', out);
  expect(run.code, run.stderr).toBe(0);
  return { stdout: run.stdout, results: JSON.parse(await readFile(out, 'utf8')) as Results };
}

const contendersIn = ({ sections: [server] }: Results) =>
  server?.measurements.map(({ contender, work }) => `${contender} ${work}`);

test('A run measures the server beside a peer and leaves results that can be compared', async () => {
  const { stdout, results } = await measured('peer', '--only', 'express');
  const { rounds, machine, sections } = results;
  expect(rounds).toBe(1);
  expect(machine.node).toBe(process.version);
  const [server] = sections;
  expect(server?.missing).toEqual([]);
  expect(contendersIn(results)).toEqual(['ours 204', 'express 204', 'ours 404', 'express 404']);
  for (const { figures } of server?.measurements ?? []) expect(figures['requests/s']?.median).toBeGreaterThan(0);
  expect(server?.ratios.map(({ atLeast }) => atLeast)).toEqual([1.3, 1.3]);
  expect(stdout).toContain(server?.title);
}, 180_000);

test('Two builds are measured in the same rounds and compared figure by figure', async () => {
  const { stdout, results } = await measured('builds', '--against', ROOT);
  expect(contendersIn(results)).toEqual(['ours 204', 'other 204', 'ours 404', 'other 404']);
  const compared = results.sections[0]?.comparisons?.filter(({ figure }) => figure === 'requests/s');
  expect(compared?.map(({ work }) => work)).toEqual(['204', '404']);
  for (const { ours, other, ratio } of compared ?? []) expect(ratio.median).toBeCloseTo(ours / other);
  expect(stdout).toContain('ours ÷ other');
}, 180_000);

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
