// Pushes and deletes by others between two requests of the server: a pushed image survives, and a deleted one does not come
// back. All registries are scripted.
import { describe, expect, test } from 'vitest';
import { createPlaceholder } from '../../../../server/stores/registry/delete/placeholder.ts';
import { answering } from '../../../support/faults.ts';
import { RegistryClient } from '../../../support/registry-client.ts';
import type { RecordedRequest, ScriptedRegistry } from '../../../support/scripted-registry.ts';
import { appTag, outcome } from '../layout/synthetic.ts';
import {
  APP,
  deletesDigest,
  deletesPlaceholder,
  digestsOf,
  expectImages,
  freshDirectory,
  IMAGES,
  leaveHalfDeleted,
  openStore,
  puts,
  startFilled,
  sweeps,
} from './scripted.ts';

/** Between the two steps of a push. */
const PUSH_MS = 300;

/** Runs `act` before the first answer to a request that matches. */
function onFirst(registry: ScriptedRegistry, isIt: (request: RecordedRequest) => boolean, act: () => unknown): void {
  let isDone = false;
  const beforeAnswer = async (request: RecordedRequest) => {
    if (isDone || !isIt(request)) return;
    isDone = true;
    await act();
  };
  registry.traits = { ...registry.traits, beforeAnswer };
}

describe('A listed tag without a manifest, when a server recovers', () => {
  test('A listed tag that stays without a manifest is deleted', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await leaveHalfDeleted(registry, stateDir);
    await openStore(registry, { stateDir });
    await expectImages(registry, { v2: 'shared', v3: 'own' });
  });

  const asksForTag = ({ method, reference }: RecordedRequest) => method === 'GET' && reference === 'v1';
  const later = (act: () => void) => void setTimeout(act, PUSH_MS);
  const before = (act: () => void) => act();

  test.each([
    ['a moment after the tag was looked up', asksForTag, later],
    ['directly before the tag would be repaired', deletesDigest, before],
  ])('A push that ends %s survives', async (_, isIt, when) => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await leaveHalfDeleted(registry, stateDir);
    const since = registry.requests.length;
    onFirst(registry, isIt, () => when(() => registry.fill(APP, { v1: 'pushed' })));
    await openStore(registry, { stateDir });
    await expectImages(registry, { ...IMAGES, v1: 'pushed' });
    await sweeps(registry, 2);
    expect(puts(registry, since)).toEqual([]);
    expect(registry.images(APP)).toEqual({ ...IMAGES, v1: 'pushed' });
  });
});

describe('A delete that the registry stops after its placeholder', () => {
  /** Comes before an image is restored: the request for the manifest that the tag had. */
  const fetchesImage = ({ method, reference }: RecordedRequest) =>
    method === 'GET' && reference !== undefined && reference.startsWith('sha256:');

  async function stopped(): Promise<ScriptedRegistry> {
    const registry = await startFilled();
    registry.traits = {
      ...registry.traits,
      fault: (request) => (deletesPlaceholder(registry, request) ? answering(403) : undefined),
    };
    return registry;
  }

  test('A pushed image is not replaced by the restored one', async () => {
    const registry = await stopped();
    onFirst(registry, fetchesImage, () => registry.fill(APP, { v1: 'pushed' }));
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
    expect(registry.images(APP)).toEqual({ ...IMAGES, v1: 'pushed' });
  });

  test('The placeholder of another server, which is about to delete the tag, is not replaced by the restored image', async () => {
    const registry = await stopped();
    const other = createPlaceholder(digestsOf({ v1: 'shared' }));
    onFirst(registry, fetchesImage, () =>
      new RegistryClient(registry.url.href).putManifest(APP, 'v1', other.bytes, other.mediaType),
    );
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
    expect(await new RegistryClient(registry.url.href).head(APP, 'v1')).toBe(other.digest);
  });

  test('An image is fetched once, however many tags get it back', async () => {
    const registry = await startFilled();
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = {
      ...registry.traits,
      fault: (request) => (deletesPlaceholder(registry, request) ? answering(403) : undefined),
    };
    const outcomes = await Promise.all(['v1', 'v2'].map((tag) => outcome(store.deleteTag(appTag(tag)))));
    expect(outcomes).toEqual(['unauthorized', 'unauthorized']);
    expect(registry.requests.filter(fetchesImage).length).toBe(1);
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
  });
});
