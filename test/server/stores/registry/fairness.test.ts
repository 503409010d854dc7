// A repository that hangs does not slow the others down, and a busy server is still ready. All registries are scripted.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { Intents } from '../../../../server/stores/registry/intents.ts';
import { silence } from '../../../support/faults.ts';
import type { RecordedRequest } from '../../../support/scripted-registry.ts';
import { appTag, numbered, outcome, silent } from '../layout/synthetic.ts';
import { abandonDelete, digestsOf, expectImages, freshDirectory, openStore, startFilled } from './scripted.ts';

/** Milliseconds after which a request that hangs is given up. One that is not held up takes much less. */
const GIVEN_UP_MS = 5_000;
const AT_ONCE_MS = 2_500;
const PATIENT = { timeouts: { headers: GIVEN_UP_MS } };

const isHung = ({ path }: RecordedRequest) => path.includes('group/hung/');
const atOnce = <T>(work: Promise<T>) => Promise.race([work, delay(AT_ONCE_MS, 'held up', { ref: false })]);

/** Begins deletes that hang. */
function hang(store: Store, tags: readonly string[], repositoryOf: (tag: string) => string): void {
  for (const tag of tags) void outcome(store.deleteTag({ ...appTag(tag), repository: repositoryOf(tag) }));
}

test('Deletes in a repository that hangs leave half of the connections to others', async () => {
  const registry = await startFilled({ fault: (request) => (isHung(request) ? silence : undefined) });
  const store = await openStore(registry, PATIENT);
  hang(store, numbered('v', 64), () => 'hung');
  await vi.waitUntil(() => registry.requests.filter(isHung).length >= 16);
  expect(await atOnce(outcome(store.deleteTag(appTag('v1'))))).toBe('deleted');
  expect(registry.requests.filter(isHung).length).toBe(16);
});

test('A store is ready while deletes that hang use all of its connections', async () => {
  const registry = await startFilled({ fault: ({ path }) => (path === '/v2/' ? undefined : silence) });
  const store = await openStore(registry, PATIENT);
  hang(store, numbered('v', 64), (tag) => tag);
  await vi.waitUntil(() => registry.requests.length >= 32);
  expect(await atOnce(store.ready())).toBeUndefined();
});

test('An interrupted delete is finished while one of another repository hangs', async () => {
  const registry = await startFilled({ fault: (request) => (isHung(request) ? silence : undefined) });
  const stateDir = await freshDirectory();
  await new Intents(stateDir, registry.url, silent).record('group/hung', digestsOf({ v1: 'own' }));
  await openStore(registry, { ...PATIENT, stateDir });
  await vi.waitUntil(() => registry.requests.some(isHung));
  await abandonDelete(registry, stateDir, { v1: 'shared' });
  expect(await atOnce(expectImages(registry, { v2: 'shared', v3: 'own' }))).toBeUndefined();
});
