// How the server finds out whether a registry deletes one tag: it tries on tags of its own, so that no answer, however
// lucky, costs a sibling. All registries are scripted.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPlaceholder } from '../../../../server/stores/registry/delete/placeholder.ts';
import { Intents } from '../../../../server/stores/registry/intents.ts';
import { answering, cutting } from '../../../support/faults.ts';
import { RegistryClient } from '../../../support/registry-client.ts';
import type { RecordedRequest, ScriptedRegistry } from '../../../support/scripted-registry.ts';
import { appTag, outcome, silent } from '../layout/synthetic.ts';
import {
  APP,
  deletesTag,
  expectImages,
  freshDirectory,
  IMAGES,
  INTENTS,
  isProbe,
  openStore,
  puts,
  startFilled,
} from './scripted.ts';

/** More than the time after which a repository is tried again. */
const SOME_MINUTES_MS = 6 * 60_000;
const PROBE_TAGS = ['swr-tag-delete.probe-one', 'swr-tag-delete.probe-other'] as const;

const imagesIn = (registry: ScriptedRegistry) => registry.images(APP);
const inOther = (tag: string) => ({ ...appTag(tag), repository: 'other' });

afterEach(() => {
  vi.useRealTimers();
});

describe('A registry that deletes the whole manifest of a tag', () => {
  test('A sibling of the first deleted tag survives in mode auto', async () => {
    const registry = await startFilled({ deleteByTag: 'whole-manifest' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(imagesIn(registry)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test('Siblings survive if three servers begin at the same moment', async () => {
    const registry = await startFilled({ deleteByTag: 'whole-manifest' });
    const stores = await Promise.all([1, 2, 3].map(() => openStore(registry)));
    const outcomes = await Promise.all(stores.map((store) => outcome(store.deleteTag(appTag('v1')))));
    expect(outcomes).toContain('deleted');
    await expectImages(registry, { v2: 'shared', v3: 'own' });
  });

  test('A sibling survives after the delete of a tag without siblings, which shows nothing', async () => {
    const registry = await startFilled({ deleteByTag: 'whole-manifest' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(imagesIn(registry)).toEqual({ v2: 'shared' });
    expect(registry.requests.filter(deletesTag).every(isProbe)).toBe(true);
  });

  test('A sibling survives if a cache still shows the manifest after its delete', async () => {
    const registry = await startFilled({ deleteByTag: 'whole-manifest' });
    const { requests } = registry;
    const stored = (reference?: string) =>
      requests.findLast((one) => one.method === 'PUT' && one.reference === reference);
    const isDeleted = (reference?: string) =>
      requests.some((one) => one.method === 'DELETE' && one.reference === reference);
    registry.traits = {
      ...registry.traits,
      fault: (request) => {
        const put = stored(request.reference);
        if (request.method !== 'GET' || put === undefined || !isProbe(put) || isDeleted(request.reference))
          return undefined;
        return answering(200, { 'Content-Type': 'application/vnd.oci.image.index.v1+json' }, put.body.toString());
      },
    };
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(imagesIn(registry)).toEqual({ v2: 'shared' });
  });
});

describe('A registry that is replaced by one that deletes the whole manifest of a tag', () => {
  const replaced = { deleteByTag: 'whole-manifest', fault: () => undefined } as const;

  test('A sibling survives in a repository that has not been tried', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    registry.fill('group/other', { v1: 'other', v2: 'other' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = { ...registry.traits, ...replaced };
    expect(await outcome(store.deleteTag(inOther('v1')))).toBe('deleted');
    expect(registry.images('group/other')).toEqual({ v2: 'other' });
  });

  test('A sibling survives some minutes after the last trial', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    // To lru-cache an entry of time 0 is one without a time.
    vi.advanceTimersByTime(1);
    const registry = await startFilled({ deleteByTag: 'native' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = { ...registry.traits, ...replaced };
    vi.advanceTimersByTime(SOME_MINUTES_MS);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(imagesIn(registry)).toEqual({ v2: 'shared' });
  });

  test('A sibling survives after the registry was down', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = { ...registry.traits, fault: () => cutting };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unreachable');
    registry.traits = { ...registry.traits, ...replaced };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(imagesIn(registry)).toEqual({ v2: 'shared' });
  });
});

describe('A trial of deletes', () => {
  test('It leaves no tag, no manifest and no intent in a registry that deletes by tag', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const stateDir = await freshDirectory();
    const store = await openStore(registry, { stateDir });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(imagesIn(registry)).toEqual({ v2: 'shared', v3: 'own' });
    const digests = registry.requests.filter(({ method }) => method === 'PUT').map(({ body }) => body);
    expect(digests.length).toBeGreaterThan(0);
    expect(await readdir(join(stateDir, INTENTS))).toEqual([]);
  });

  test('It writes nothing to a registry that refuses deletes by tag', async () => {
    const registry = await startFilled({ deleteByTag: 'refused', deleteByDigest: 'disabled' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
    expect(registry.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  test('It is not repeated for each delete', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const store = await openStore(registry);
    for (const tag of ['v1', 'v2', 'v3']) expect(await outcome(store.deleteTag(appTag(tag)))).toBe('deleted');
    expect(registry.requests.filter((request) => request.method === 'PUT' && isProbe(request)).length).toBe(3);
  });

  test('It leaves no tag in a registry that hides a missing right behind 404, however often it is asked', async () => {
    const registry = await startFilled({
      deleteByTag: 'native',
      fault: ({ method }) => (method === 'DELETE' ? answering(404) : undefined),
    });
    const store = await openStore(registry);
    for (const tag of ['v1', 'v1', 'v3']) expect(await outcome(store.deleteTag(appTag(tag)))).toBe('not-understood');
    expect(imagesIn(registry)).toEqual(IMAGES);
  });

  test('A delete fails and its tag survives if the server may not push', async () => {
    const registry = await startFilled({
      deleteByTag: 'native',
      fault: ({ method }) => (method === 'PUT' ? answering(403) : undefined),
    });
    const store = await openStore(registry);
    const failure = await store.deleteTag(appTag('v1')).catch((error: Error) => error);
    expect(failure).toMatchObject({ kind: 'unauthorized', message: expect.stringContaining('REGISTRY_DELETE_MODE') });
    expect(imagesIn(registry)).toEqual(IMAGES);
    expect(await outcome((await openStore(registry, { deleteMode: 'tag' })).deleteTag(appTag('v1')))).toBe('deleted');
  });

  test('Deletes by tag work if deletes by digest are switched off, as in Distribution 3.0', async () => {
    const registry = await startFilled({ deleteByTag: 'native', deleteByDigest: 'disabled' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(imagesIn(registry)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test.each(['enabled', 'disabled'] as const)(
    'Tags of a trial that was killed are removed at the next start (deletes by digest %s)',
    async (deleteByDigest) => {
      const registry = await startFilled({ deleteByTag: 'native', deleteByDigest });
      const stateDir = await freshDirectory();
      const tags = new Map(PROBE_TAGS.map((tag) => [tag, '']));
      await new Intents(stateDir, registry.url, silent).record(APP, tags);
      const { bytes, mediaType } = createPlaceholder(tags);
      for (const tag of PROBE_TAGS) await new RegistryClient(registry.url.href).putManifest(APP, tag, bytes, mediaType);
      await openStore(registry, { stateDir });
      await expectImages(registry, IMAGES);
    },
  );

  test('Tags that cannot be removed at once are removed later', async () => {
    let failures = 0;
    const isLater = (request: RecordedRequest) => request.method === 'DELETE' && isProbe(request) && failures++ > 1;
    const registry = await startFilled({ deleteByTag: 'native' });
    registry.traits = {
      ...registry.traits,
      fault: (request) => (isLater(request) && failures < 12 ? answering(503) : undefined),
    };
    await outcome((await openStore(registry)).deleteTag(appTag('v1')));
    await vi.waitFor(() => expect(Object.keys(imagesIn(registry)).filter((tag) => tag.includes('probe'))).toEqual([]), {
      timeout: 20_000,
    });
    expect(imagesIn(registry)).toMatchObject({ v2: 'shared', v3: 'own' });
  });

  test('No tag is tried on if only missing tags are asked for', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    expect(await outcome((await openStore(registry)).deleteTag(appTag('missing')))).toBe('tag-not-found');
    expect(registry.requests.filter(isProbe)).toEqual([]);
    expect(puts(registry)).toEqual([]);
  });
});
