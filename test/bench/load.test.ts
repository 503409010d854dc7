// The load generator for machines without wrk.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Load } from '../../bench/harness/load.ts';
import { builtModule } from '../support/built.ts';
import { runProcess } from '../support/command.ts';

const LOAD = builtModule('bench/harness/load.ts');
const SCRIPT = `
  const { generator, load } = await import('${LOAD}');
  console.log(JSON.stringify({ generator, ...(await load(JSON.parse(process.argv[1]))) }));
`;

test('Without wrk the load comes from autocannon, and every request has another number', async () => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const work = { method: 'DELETE', path: '/tags/v@', headers: { 'X-Auth-Token': 'any' }, firstNumber: 1, numbers: 10 };
  const load: Load = { url, work, connections: 2, seconds: 1 };
  // With an empty PATH no program is found.
  const env = { PATH: '/nonexistent' };
  const run = await runProcess(process.execPath, ['--input-type=module', '-e', SCRIPT, JSON.stringify(load)], { env });
  expect(run.code, run.stderr).toBe(0);
  const { generator, requests, failedStatus, broken } = JSON.parse(run.stdout);
  expect({ generator, failedStatus, broken }).toEqual({ generator: 'autocannon', failedStatus: 0, broken: 0 });
  expect(requests).toBeGreaterThan(0);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) expect(path).toMatch(/^DELETE \/tags\/v[\w-]+$/);
});
