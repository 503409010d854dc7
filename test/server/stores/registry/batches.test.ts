// Several tags of a repository that are deleted together: the failure of one is not reported for the others. All
// registries are scripted.
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { createPlaceholder } from '../../../../server/stores/registry/delete/placeholder.ts';
import { answering } from '../../../support/faults.ts';
import { inParallel, RegistryClient } from '../../../support/registry-client.ts';
import type { RecordedRequest, ScriptedRegistry } from '../../../support/scripted-registry.ts';
import { appTag, numbered, outcome } from '../layout/synthetic.ts';
import {
  APP,
  deletesPlaceholder,
  deletesTag,
  digestsOf,
  freshDirectory,
  INTENTS,
  openStore,
  puts,
  startFilled,
} from './scripted.ts';

const LATER_MS = 300;

const deleteAll = (store: Store, ...tags: readonly string[]) =>
  Promise.all(tags.map((tag) => outcome(store.deleteTag(appTag(tag)))));

/** Starts a registry that the store knows to delete by digest. */
async function startKnown(): Promise<{ registry: ScriptedRegistry; store: Store }> {
  const registry = await startFilled();
  registry.fill(APP, { first: 'first' });
  const store = await openStore(registry);
  expect(await outcome(store.deleteTag(appTag('first')))).toBe('deleted');
  return { registry, store };
}

describe('A batch in a registry that deletes by digest', () => {
  test('A tag that cannot be looked up afterwards fails alone', async () => {
    const { registry, store } = await startKnown();
    const before = puts(registry).length;
    registry.traits = {
      ...registry.traits,
      fault: ({ method, reference, path }) => {
        const isBegun = method === 'GET' && puts(registry).length > before;
        return isBegun && (reference === 'v2' || path.includes('/tags/list')) ? answering(500) : undefined;
      },
    };
    expect(await deleteAll(store, 'v1', 'v2', 'v3')).toEqual(['deleted', 'unavailable', 'deleted']);
    registry.traits = { ...registry.traits, fault: () => undefined };
    expect(registry.images(APP)).toEqual({});
  });

  test('A tag that another server keeps giving placeholders fails alone', async () => {
    const { registry, store } = await startKnown();
    const client = new RegistryClient(registry.url.href);
    registry.traits = {
      ...registry.traits,
      beforeAnswer: async (request) => {
        if (!deletesPlaceholder(registry, request)) return;
        const { bytes, mediaType } = createPlaceholder(digestsOf({ v2: 'shared' }));
        await client.putManifest(APP, 'v2', bytes, mediaType);
      },
    };
    expect(await deleteAll(store, 'v1', 'v2', 'v3')).toEqual(['deleted', 'unavailable', 'deleted']);
    expect(Object.keys(registry.images(APP))).toEqual(['v2']);
  });

  test('The first tag is reported as deleted even if the others cannot be begun', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    registry.traits = {
      ...registry.traits,
      beforeAnswer: async (request) => {
        if (!deletesPlaceholder(registry, request)) return;
        await rm(join(stateDir, INTENTS), { recursive: true, force: true });
        await writeFile(join(stateDir, INTENTS), '');
      },
    };
    const store = await openStore(registry, { stateDir });
    expect(await deleteAll(store, 'v1', 'v2', 'v3')).toEqual(['deleted', 'unavailable', 'unavailable']);
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });
});

describe('A registry that deletes nothing', () => {
  test('Nothing is written there, and no intent on disk', async () => {
    const registry = await startFilled({ deleteByDigest: 'disabled' });
    const stateDir = await freshDirectory();
    const store = await openStore(registry, { stateDir, deleteMode: 'fallback' });
    expect(await deleteAll(store, 'v1', 'v2')).toEqual(['deletion-disabled', 'deletion-disabled']);
    expect(puts(registry)).toEqual([]);
    expect(await readdir(stateDir)).not.toContain(INTENTS);
  });
});

describe('A batch in a registry that deletes by tag', () => {
  test('A tag that is deleted is answered, although the delete of another one hangs', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const store = await openStore(registry);
    expect(await deleteAll(store, 'v3')).toEqual(['deleted']);
    const gate = new AbortController();
    const opened = once(gate.signal, 'abort');
    const beforeAnswer = async (request: RecordedRequest) => {
      if (deletesTag(request) && request.reference === 'v1') await opened;
    };
    registry.traits = { ...registry.traits, beforeAnswer };
    let isHung = true;
    const hanging = outcome(store.deleteTag(appTag('v1'))).finally(() => {
      isHung = false;
    });
    expect(await deleteAll(store, 'v2')).toEqual(['deleted']);
    expect(isHung).toBe(true);
    gate.abort();
    expect(await hanging).toBe('deleted');
  });
});

describe('The first batch in a registry that deletes by tag', () => {
  test('A tag that another server deletes first does not change how the others are deleted', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    let isTaken = false;
    registry.traits = {
      ...registry.traits,
      beforeAnswer: async ({ method, reference }) => {
        if (method !== 'GET') return;
        // Whichever tag is found first is the first to be deleted.
        if (reference === 'v2') await delay(LATER_MS);
        if (reference !== 'v1' || isTaken) return;
        isTaken = true;
        await new RegistryClient(registry.url.href).deleteManifest(APP, 'v1');
      },
    };
    const store = await openStore(registry);
    expect(await deleteAll(store, 'v1', 'v2')).toEqual(['tag-not-found', 'deleted']);
    expect(await deleteAll(store, 'v3')).toEqual(['deleted']);
    expect(puts(registry)).toEqual([]);
  });

  test('A delete that is answered 503 is retried', async () => {
    let failures = 1;
    const fault = (request: RecordedRequest) => (deletesTag(request) && failures-- > 0 ? answering(503) : undefined);
    const registry = await startFilled({ deleteByTag: 'native', fault });
    expect(await deleteAll(await openStore(registry), 'v1')).toEqual(['deleted']);
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test('A first delete that is done but answered 503, and then 404, is reported as deleted', async () => {
    let losses = 1;
    const lost = (request: RecordedRequest) => (deletesTag(request) && losses-- > 0 ? answering(503) : undefined);
    const registry = await startFilled({ deleteByTag: 'native', lost });
    expect(await deleteAll(await openStore(registry), 'v1')).toEqual(['deleted']);
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(puts(registry)).toEqual([]);
  });

  test.each([403, 404, 503])('A tag that is answered %i fails alone', async (status) => {
    const fault = (request: RecordedRequest) =>
      deletesTag(request) && request.reference === 'v1' ? answering(status) : undefined;
    const registry = await startFilled({ deleteByTag: 'native', fault });
    const [first, ...others] = await deleteAll(await openStore(registry), 'v1', 'v2', 'v3');
    expect(first).not.toBe('deleted');
    expect(others).toEqual(['deleted', 'deleted']);
    expect(registry.images(APP)).toEqual({ v1: 'shared' });
    expect(puts(registry)).toEqual([]);
  });

  test('Three servers that are asked for the same tags delete each of them', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const tags = numbered('v', 120);
    registry.fill(APP, Object.fromEntries(tags.map((tag) => [tag, 'shared'])));
    const answers = new Map<string, string[]>(tags.map((tag) => [tag, []]));
    const stores = await Promise.all([1, 2, 3].map(() => openStore(registry)));
    const askAll = (store: Store) =>
      inParallel(tags, async (tag) => answers.get(tag)?.push(await outcome(store.deleteTag(appTag(tag)))), 16);
    await Promise.all(stores.map(askAll));
    for (const [tag, three] of answers) {
      expect(three, tag).toContain('deleted');
      expect(new Set([...three, 'deleted', 'tag-not-found']).size, `${tag}: ${three}`).toBe(2);
    }
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    expect(puts(registry)).toEqual([]);
  });
});
