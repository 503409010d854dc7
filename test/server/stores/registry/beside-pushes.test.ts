// What others do to a tag between two requests of the server: what they push stays theirs, and what they deleted does not
// come back. All registries are scripted.
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

/** Lets something happen before the first answer to such a request. */
function onFirst(registry: ScriptedRegistry, isIt: (request: RecordedRequest) => boolean, act: () => unknown): void {
  let isDone = false;
  const beforeAnswer = async (request: RecordedRequest) => {
    if (isDone || !isIt(request)) return;
    isDone = true;
    await act();
  };
  registry.traits = { ...registry.traits, beforeAnswer };
}

describe('a tag that is listed and leads nowhere, when a server recovers', () => {
  test('is deleted where it stays so', async () => {
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
    ['a moment after it is looked at', asksForTag, later],
    ['directly before it would be repaired', deletesDigest, before],
  ])('may be a push that is half way: that ends %s, and stays', async (_, isIt, when) => {
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

describe('a delete that the registry stops after its first step', () => {
  /** The image is about to be put back: the manifest that the tag had is asked for. */
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

  test('does not put its image in the place of a push', async () => {
    const registry = await stopped();
    onFirst(registry, fetchesImage, () => registry.fill(APP, { v1: 'pushed' }));
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
    expect(registry.images(APP)).toEqual({ ...IMAGES, v1: 'pushed' });
  });

  test('does not put its image in the place of the placeholder of another server, which is about to delete the tag', async () => {
    const registry = await stopped();
    const other = createPlaceholder(digestsOf({ v1: 'shared' }));
    onFirst(registry, fetchesImage, () =>
      new RegistryClient(registry.url.href).putManifest(APP, 'v1', other.bytes, other.mediaType),
    );
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
    expect(await new RegistryClient(registry.url.href).head(APP, 'v1')).toBe(other.digest);
  });

  test('asks for an image once, however many tags get it back', async () => {
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
