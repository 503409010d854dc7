// The benchmark as it is run, at its shortest: what it measures is not looked at, only that it measures the right thing.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Results } from '../../bench/results.ts';
import { runProcess } from '../support/command.ts';

const MAIN = new URL('../../dist/bench/main.js', import.meta.url).pathname;
const RESULTS = new URL('../../dist/bench/results.json', import.meta.url);

const bench = (...args: string[]) => runProcess(process.execPath, [MAIN, ...args]);

test('measures the server beside a peer, and leaves results that can be compared', async () => {
  const run = await bench('server', '--only', 'express', '--rounds', '1', '--seconds', '1');
  expect(run.code, run.stderr).toBe(0);
  const { rounds, machine, sections } = JSON.parse(await readFile(RESULTS, 'utf8')) as Results;
  expect(rounds).toBe(1);
  expect(machine.node).toBe(process.version);
  const [server] = sections;
  expect(server?.missing).toEqual([]);
  expect(server?.measurements.map(({ contender, work }) => `${contender} ${work}`)).toEqual([
    'ours 204',
    'express 204',
    'ours 404',
    'express 404',
  ]);
  for (const { figures } of server?.measurements ?? []) expect(figures['requests/s']?.median).toBeGreaterThan(0);
  expect(server?.ratios.map(({ atLeast }) => atLeast)).toEqual([1.3, 1.3]);
  expect(run.stdout).toContain(server?.title);
}, 180_000);

test('names what it can measure to whoever asks for something else', async () => {
  const run = await bench('sever');
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("unknown row 'sever'; there are server");
});
