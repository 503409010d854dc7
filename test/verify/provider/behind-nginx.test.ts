// A provider behind stock nginx: what nginx answers itself is not the provider's program to mend.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import { type RunningProvider, startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import { junitOf } from '../../../verify/report/junit.ts';
import { levelsLineOf } from '../../../verify/report/summary.ts';
import { startNginx } from '../../support/nginx.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import type { ProxyProgram } from '../../support/proxy-program.ts';

const contract = await readContract();

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let provider: RunningProvider;
let nginx: ProxyProgram;
beforeEach(async () => {
  directory = await temporaryDirectory();
  provider = await startProvider();
  nginx = await startNginx(
    directory.path,
    (port) => `server { listen 127.0.0.1:${port}; location / { proxy_pass ${provider.url}; } }`,
  );
});
afterEach(async () => {
  await nginx.stop();
  await provider.close();
  await directory.remove();
});
test('Findings that only the front gateway can decide are marked so, and count for this contract’s extensions alone', async () => {
  const baseUrl = `http://127.0.0.1:${nginx.port}`;
  const report = await verifyProvider({ baseUrl, fixtures: fixturesOf(provider.fixtures), contract, seed: 1 });

  const beforeAnyOperation = report.findings.filter(
    ({ cause, verdict }) => verdict === 'violated' && contract.gateway.decidedInFront.has(cause),
  );
  expect(beforeAnyOperation.map(({ id, status }) => `${status} ${id}`)).toEqual([
    '400 malformed/no-host',
    '400 malformed/two-hosts',
    '400 malformed/no-colon',
    '400 malformed/no-length',
    '413 bounds/body',
    '414 bounds/address',
    '417 malformed/expectation',
    '431 bounds/headers',
  ]);
  expect(beforeAnyOperation.filter(({ level, isGateway }) => level !== 'full' || isGateway !== true)).toEqual([]);
});

test('A correct provider is not blamed for a name, an escape or a token that nginx refuses itself', async () => {
  const baseUrl = `http://127.0.0.1:${nginx.port}`;
  const { allowed, forbidden } = provider.fixtures.credentials;
  // nginx changes Host, which signatures cover.
  const credentials = { allowed: { token: allowed.token }, forbidden: { token: forbidden.token } };
  const fixtures = fixturesOf({ ...provider.fixtures, credentials });
  const report = await verifyProvider({ baseUrl, fixtures, contract, seed: 1 });
  const { findings } = report;

  expect(levelsLineOf(report)).toMatch(/^Keeps base[^.]*\. Keeps vendor[^.]*\. 1 difference from/);
  const refused = findings.filter(({ id }) => /(outside-its-alphabet|malformed-escape|over-length-token)$/.test(id));
  expect(new Set(refused.map(({ level, verdict }) => `${level} ${verdict}`))).toEqual(
    new Set(['base verified', 'vendor not-verified']),
  );
  const beyond = findings.filter(({ id, verdict }) => id.endsWith(':full') && verdict === 'violated');
  expect(beyond.length).toBeGreaterThan(5);
  expect(beyond.filter(({ isGateway }) => isGateway !== true)).toEqual([]);
  expect(junitOf(report)).toContain('<property name="x-decided-by" value="front gateway"/>');

  const order = findings.filter(({ id }) => id.startsWith('order/illegal-'));
  expect(order.length).toBeGreaterThan(5);
  expect(order.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id)).toEqual([]);
});
