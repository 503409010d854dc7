// A check is a guest: it keeps to a number of requests, to a pace, and to what Retry-After asks.
import { afterEach, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { withHeaders } from '../../../verify/faulty-providers/fault.ts';
import { type RunningProvider, startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { type ProviderCheckOptions, verifyProvider } from '../../../verify/provider/verify-provider.ts';

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

test('at a slow pace an interrupt does not wait for every turn', async () => {
  const stop = new AbortController();
  const match = countingAt(8, () => stop.abort());

  const report = await check({ match }, { signal: stop.signal, requestsPerSecond: 10 });

  expect(report.requests).toBeLessThan(12);
  expect(report.notes?.join()).toContain('The check was interrupted');
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

test('while a provider asks for patience nothing is sent but what was under way', async () => {
  const CONNECTIONS = 8;
  let since: number | undefined;
  let impatient = 0;
  const report = await check({
    rules: [
      {
        refuses: 'throttled',
        when: () => {
          if (since === undefined) return false;
          const isEarly = performance.now() - since < 900;
          if (isEarly) impatient += 1;
          return isEarly;
        },
      },
      ...correct.rules,
    ],
    match: countingAt(300, () => {
      since = performance.now();
    }),
  });

  expect(since).toBeDefined();
  expect(report.findings.find(({ id }) => id === 'throttled/seen')?.verdict).toBe('verified');
  expect(impatient).toBeLessThanOrEqual(2 * CONNECTIONS);
  expect(violated(report)).toEqual([]);
});

/** Matches as the correct provider does, and does something at a call. */
function countingAt(call: number, act: () => void): Behaviour['match'] {
  let calls = 0;
  return (path) => {
    calls += 1;
    if (calls === call) act();
    return correct.match(path);
  };
}

test('an interrupt before anything was found out ends the check, and its requests', async () => {
  const stop = new AbortController();
  const hang: Partial<Behaviour> = { send: () => stop.abort() };

  await expect(check(hang, { signal: stop.signal })).rejects.toThrow('interrupted');
});

test('an interrupt halfway leaves a report of what was found; the rest is not verified', async () => {
  const stop = new AbortController();
  const match = countingAt(400, () => stop.abort());

  const report = await check({ match }, { signal: stop.signal });

  expect(violated(report)).toEqual([]);
  expect(report.findings.filter(({ verdict }) => verdict === 'verified').length).toBeGreaterThan(10);
  expect(report.findings.find(({ id }) => id === 'delete/twice')).toMatchObject({
    verdict: 'not-verified',
    reason: 'the check was interrupted',
  });
  expect(report.notes?.join()).toContain('The check was interrupted');
  expect(report.requests).toBeLessThan(450);
});

test('a provider that dies halfway is one thing to mend, and not every rule of the contract', async () => {
  const match = countingAt(400, () => void provider?.close());

  const report = await check({ match });
  provider = undefined;

  const lost = report.findings.find(({ id }) => id === 'connection/lost');
  expect(lost?.violations[0]?.found).toContain('no connection could be made (ECONNREFUSED)');
  // What was under way on the other connections had no answer.
  expect(violated(report).length).toBeLessThanOrEqual(1 + 8);
  expect(report.findings.find(({ id }) => id === 'delete/twice')?.verdict).toBe('not-verified');
  expect(report.requests).toBeLessThan(450);
  expect(report.notes?.join()).toContain('16 requests in a row had no answer');
});

test('a provider that hangs halfway is not waited for again and again', async () => {
  let calls = 0;
  const send: Behaviour['send'] = (response, answer) => {
    calls += 1;
    if (calls < 100) correct.send(response, answer);
  };

  const report = await check({ send }, { timeoutMs: 300 });

  expect(report.requests).toBeLessThan(150);
  expect(report.findings.find(({ id }) => id === 'delete/twice')?.reason).toMatch(
    /gave up: 16 requests in a row had no answer \(the last: no complete answer came within 300 ms\)/,
  );
});

test('how far the check is can be watched', async () => {
  const seen: { done: number; total: number; requests: number }[] = [];

  const report = await check({}, { onProgress: (progress) => seen.push(progress) });

  expect(seen.at(-1)).toMatchObject({ done: seen.length, total: seen.length });
  expect(seen.map(({ requests }) => requests)).toEqual(seen.map(({ requests }) => requests).toSorted((a, b) => a - b));
  expect(report.findings.length).toBeGreaterThanOrEqual(seen.length);
});

test('what is wrong with a 204 is told though the second delete is throttled', async () => {
  let isDone = false;
  const report = await check({
    rules: [{ refuses: 'throttled', when: ({ names }) => names.tag === 'v1' && isDone }, ...correct.rules],
    remove: (call) => {
      if (call.names.tag === 'v1') isDone = true;
      return correct.remove(call);
    },
    success: (requestId) => withHeaders(correct.success(requestId), { 'Content-Length': '0' }),
  });

  const twice = report.findings.find(({ id }) => id === 'delete/twice:full');
  expect(twice?.violations[0]?.message).toContain('Content-Length');
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
