// What counts as verified was asked: a case that sends nothing has verified nothing.
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { contractOf, defaultContractFile } from '../../../verify/contract/read-contract.ts';
import { maskOf } from '../../../verify/evidence/fixture-secrets.ts';
import { type RunningProvider, startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { deriveCases } from '../../../verify/provider/derive-cases.ts';
import { requestOf } from '../../../verify/provider/scene/scene.ts';
import { Provider } from '../../../verify/provider/send/provider.ts';

const text = await readFile(defaultContractFile, 'utf8');

let running: RunningProvider;
beforeEach(async () => {
  running = await startProvider();
});
afterEach(() => running.close());

// The document is changed freely here.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;

/** The cases by a contract that is changed, and a provider to ask. */
function prepare(change: (document: Json) => void = () => {}) {
  const document = parse(text);
  change(document);
  const fixtures = fixturesOf({ ...running.fixtures, absent: { tag: 'no-such-tag' } });
  const baseUrl = new URL(running.url);
  const { scene, ...cases } = deriveCases(contractOf(document, 'changed.yaml'), fixtures, { baseUrl, seed: 1 });
  const provider = new Provider({
    ...{ baseUrl, mask: maskOf(fixtures), idHeader: 'X-Request-Id', knock: requestOf(scene), signal: undefined },
    ...{ maxRequests: 5_000, requestsPerSecond: 0, timeoutMs: 5_000, patienceMs: 5_000 },
  });
  return { cases, provider };
}

test.each<[string, (document: Json) => void]>([
  ['the contract', () => {}],
  [
    'one that leaves two namespaces',
    ({ components }) => {
      components.parameters.Namespace.schema = { type: 'string', pattern: '^(group|team)$' };
    },
  ],
  [
    'one that allows every tag and repository',
    ({ components }) => {
      components.parameters.Tag.schema = { type: 'string' };
      components.parameters.Repository.schema = { type: 'string' };
    },
  ],
])('by %s every case that is verified has sent a request', async (_, change) => {
  const { cases, provider } = prepare(change);
  const silent: string[] = [];
  let verified = 0;
  for (const { id, run } of [cases.base, cases.beyond].flatMap(({ refusals, deletes }) => [...refusals, ...deletes])) {
    if (typeof run !== 'function') continue;
    const before = provider.requests;
    const outcome = await run(provider);
    if (!Array.isArray(outcome) || outcome.length > 0) continue;
    verified += 1;
    if (provider.requests === before) silent.push(id);
  }

  expect(silent).toEqual([]);
  expect(verified).toBeGreaterThan(30);
});

test('that ids differ is not verified by one answer', async () => {
  const { cases, provider } = prepare();
  const { run } = cases.closing.find(({ id }) => id === 'request-id/distinct') ?? {};

  expect(typeof run === 'function' && (await run(provider))).toMatchObject({
    reason: 'fewer than two answers had the header X-Request-Id',
  });
});
