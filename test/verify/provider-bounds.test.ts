// A check is a guest: it keeps to a number of requests, to a pace, and to what Retry-After asks.
import { afterEach, expect, test } from 'vitest';
import { readContract } from '../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../verify/faulty-providers/correct.ts';
import { withHeaders } from '../../verify/faulty-providers/fault.ts';
import { type RunningProvider, startProvider } from '../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../verify/fixtures.ts';
import { type ProviderCheckOptions, verifyProvider } from '../../verify/provider/verify-provider.ts';

const contract = await readContract();

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

async function check(change: Partial<Behaviour> = {}, options: Partial<ProviderCheckOptions> = {}) {
  const started = await startProvider(change);
  provider = started;
  const fixtures = fixturesOf(started.fixtures);
  return verifyProvider({ baseUrl: started.url, fixtures, contract, seed: 1, ...options });
}

/** Throttles some calls. */
function throttling(when: (call: number) => boolean, retryAfter: string): Partial<Behaviour> {
  let calls = 0;
  return {
    rules: [{ refuses: 'throttled', when: () => when(calls++) }, ...correct.rules],
    error: (name, requestId, call) => {
      const answer = correct.error(name, requestId, call);
      return name === 'throttled' ? withHeaders(answer, { 'Retry-After': retryAfter }) : answer;
    },
  };
}

const violated = ({ findings }: Awaited<ReturnType<typeof check>>) =>
  findings.filter(({ verdict }) => verdict === 'violated');

test('no more requests than allowed: what they do not reach is not verified', async () => {
  const report = await check({}, { maxRequests: 40 });

  expect(report.requests).toBeLessThanOrEqual(40);
  const left = report.findings.filter(({ reason }) => reason?.includes('--max-requests'));
  expect(left.length).toBeGreaterThan(20);
  expect(violated(report)).toEqual([]);
});

test('a pace is kept', async () => {
  const report = await check({}, { maxRequests: 20, requestsPerSecond: 20 });

  expect(report.seconds).toBeGreaterThan(0.8);
});

test('a provider that throttles is waited for: what it says is judged, and nothing else suffers', async () => {
  const report = await check(
    throttling((call) => call === 200, '1'),
    { timeoutMs: 5_000 },
  );

  expect(violated(report)).toEqual([]);
  expect(report.findings.find(({ id }) => id === 'throttled/seen')).toMatchObject({
    verdict: 'verified',
    status: '429',
  });
  expect(report.notes?.join()).toContain('--rate');
});

test('a throttling answer that breaks the contract is found out', async () => {
  const report = await check(throttling((call) => call === 200, 'soon'));

  expect(violated(report).map(({ id }) => id)).toContain('throttled/seen');
});

test('more patience than there is ends the check: the rest is not verified, and --rate advised', async () => {
  const report = await check(throttling((call) => call > 100, '3600'));

  expect(violated(report)).toEqual([]);
  expect(report.findings.find(({ id }) => id === 'delete/siblings')?.reason).toMatch(/asks for 3600 s.*--rate/);
});

test('what stops the check stops its requests', async () => {
  const stop = new AbortController();
  const hang: Partial<Behaviour> = { send: () => stop.abort() };

  await expect(check(hang, { signal: stop.signal })).rejects.toThrow('aborted');
});

test('a provider below a path is found there, and signatures cover the whole path', async () => {
  const started = await startProvider({
    match: (path) => (path.startsWith('/partner/api/') ? correct.match(path.slice('/partner/api'.length)) : undefined),
  });
  provider = started;

  const report = await verifyProvider({
    baseUrl: `${started.url}/partner/api/`,
    fixtures: fixturesOf(started.fixtures),
    contract,
    seed: 1,
  });

  expect(violated(report)).toEqual([]);
});
