// Deletes that a registry stops or slows down when the tag already holds a placeholder. The image must not be lost, and no
// tag may be reported as deleted that is not. All registries are scripted.
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPlaceholder } from '../../../../server/stores/registry/delete/placeholder.ts';
import { answering, silence } from '../../../support/faults.ts';
import { digestOf, imageManifest, RegistryClient } from '../../../support/registry-client.ts';
import type { RecordedRequest, ScriptedRegistry } from '../../../support/scripted-registry.ts';
import { appTag, outcome } from '../layout/synthetic.ts';
import {
  APP,
  deletesDigest,
  deletesPlaceholder,
  expectImages,
  freshDirectory,
  IMAGES,
  INTENTS,
  leaveHalfDeleted,
  openStore,
  puts,
  startFilled,
  sweeps,
} from './scripted.ts';

const inOther = (tag: string) => ({ ...appTag(tag), repository: 'other' });
/** More than the time after which a registry that kept placeholders is asked again. */
const SOME_MINUTES_MS = 6 * 60_000;

const deletedDigests = ({ requests }: ScriptedRegistry) =>
  requests.filter(deletesDigest).map(({ reference }) => reference);

/** Replaces the answers to deletes of placeholders. */
function failDeletes(registry: ScriptedRegistry, fault: ScriptedRegistry['traits']['fault']): void {
  registry.traits = {
    ...registry.traits,
    fault: (request) => (deletesPlaceholder(registry, request) ? fault(request) : undefined),
  };
}

function useFakeClock(): void {
  vi.useFakeTimers({ toFake: ['performance'] });
  // To lru-cache an entry of time 0 is one without a time.
  vi.advanceTimersByTime(1);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('A registry that answers 500 to the delete of any manifest that it has', () => {
  test('The tag keeps its image, and recovery does not write for ever', async () => {
    const registry = await startFilled();
    failDeletes(registry, () => answering(500));
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unavailable');
    expect(registry.images(APP)).toEqual(IMAGES);
    await sweeps(registry, 2);
    // The placeholder, then the image.
    expect(puts(registry)).toEqual(['v1', 'v1']);
    expect(registry.images(APP)).toEqual(IMAGES);
  });

  test('After a failure of the first tag, the other tags of the batch are not touched', async () => {
    const registry = await startFilled();
    failDeletes(registry, () => answering(500));
    const store = await openStore(registry);
    const outcomes = await Promise.all(['v1', 'v2', 'v3'].map((tag) => outcome(store.deleteTag(appTag(tag)))));
    expect(outcomes).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expect(new Set(puts(registry)).size).toBe(1);
    expect(registry.images(APP)).toEqual(IMAGES);
  });
});

describe('A registry that keeps tags whose digest is deleted', () => {
  test('After a failure of the first tag, the other tags of the batch are not touched', async () => {
    const registry = await startFilled({ deleteByDigest: 'keeps-tags' });
    const store = await openStore(registry);
    const outcomes = await Promise.all(['v1', 'v2', 'v3'].map((tag) => outcome(store.deleteTag(appTag(tag)))));
    expect(outcomes).toEqual(['deletion-disabled', 'deletion-disabled', 'deletion-disabled']);
    expect(new Set(puts(registry)).size).toBe(1);
    expect(registry.images(APP)).toEqual(IMAGES);
  });

  test('A tag whose placeholder is answered 202 and then 404 gets its image back, and no further delete writes anything', async () => {
    const registry = await startFilled();
    let deletes = 0;
    failDeletes(registry, () => answering(deletes++ === 0 ? 202 : 404));
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
    const before = puts(registry).length;
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deletion-disabled');
    expect(puts(registry).length).toBe(before);
    expect(registry.images(APP)).toEqual(IMAGES);
  });

  test('A single 202 after which nothing was done does not stop later deletes', async () => {
    const registry = await startFilled();
    let deletes = 0;
    failDeletes(registry, () => (deletes++ === 0 ? answering(202) : undefined));
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared' });
  });

  test('Deletes work again some minutes after the registry has changed', async () => {
    useFakeClock();
    const registry = await startFilled({ deleteByDigest: 'keeps-tags' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
    registry.traits = { ...registry.traits, deleteByDigest: 'enabled' };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
    vi.advanceTimersByTime(SOME_MINUTES_MS);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test('A push to the first tag does not make the registry trusted: the next tag keeps its image', async () => {
    const registry = await startFilled({ deleteByDigest: 'keeps-tags' });
    registry.traits = {
      ...registry.traits,
      beforeAnswer: ({ method, reference }) => {
        if (method === 'PUT' && reference === 'v1') registry.fill(APP, { v1: 'pushed' });
      },
    };
    const store = await openStore(registry);
    await outcome(store.deleteTag(appTag('v1')));
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deletion-disabled');
    expect(registry.images(APP)).toEqual({ ...IMAGES, v1: 'pushed' });
  });

  test('A placeholder that names another repository is treated as an image, and nothing of that repository is read', async () => {
    const registry = await startFilled({ deleteByDigest: 'keeps-tags' });
    registry.fill('group/secret', { v1: 'secret' });
    const client = new RegistryClient(registry.url.href);
    const own = digestOf(imageManifest('own'));
    const genuine = createPlaceholder(new Map([['v3', own]]));
    const hostile = genuine.bytes.toString().replace(own, '../../secret/manifests/v1');
    expect(hostile).toContain('secret');
    const digest = await client.putManifest(APP, 'v3', Buffer.from(hostile), genuine.mediaType);
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deletion-disabled');
    expect(await client.head(APP, 'v3')).toBe(digest);
    expect(registry.requests.filter(({ path }) => path.includes('secret'))).toEqual([]);
  });
});

describe('A repository that hides a missing right behind 404', () => {
  const hidesDeletes = ({ method, path }: RecordedRequest) =>
    method === 'DELETE' && path.includes('group/other') ? answering(404) : undefined;

  test('The repository keeps its images, and deletes in others work', async () => {
    const registry = await startFilled({ fault: hidesDeletes });
    registry.fill('group/other', { v1: 'other' });
    const store = await openStore(registry, { deleteMode: 'fallback' });
    expect(await outcome(store.deleteTag(inOther('v1')))).toBe('not-understood');
    expect(registry.images('group/other')).toEqual({ v1: 'other' });
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
  });

  test('The repository keeps its images even after deletes have worked in others', async () => {
    const registry = await startFilled({ fault: hidesDeletes });
    registry.fill('group/other', { v1: 'other' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    expect(await outcome(store.deleteTag(inOther('v1')))).toBe('not-understood');
    expect(registry.images('group/other')).toEqual({ v1: 'other' });
    const before = puts(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(puts(registry)).toEqual([...before, 'v1']);
  });
});

describe('A registry that answers 201 to a placeholder, and does not store it', () => {
  test.each([202, 404])(
    'A tag is not reported as deleted if the delete of its placeholder is answered %i',
    async (status) => {
      const registry = await startFilled();
      const isPut = () => puts(registry).length > 0;
      registry.traits = {
        ...registry.traits,
        fault: (request) => {
          if (request.method === 'PUT') return answering(201);
          return deletesDigest(request) && isPut() ? answering(status) : undefined;
        },
      };
      const store = await openStore(registry);
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
      expect(registry.images(APP)).toEqual(IMAGES);
    },
  );

  describe.each([
    ['in a repository that is not known yet', inOther('v1'), 0],
    ['some minutes after the last delete', appTag('v1'), SOME_MINUTES_MS],
  ])('%s', (_, image, laterMs) => {
    test('A tag is not reported as deleted although other deletes have worked', async () => {
      useFakeClock();
      const registry = await startFilled();
      registry.fill('group/other', { v1: 'other' });
      const store = await openStore(registry);
      expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
      vi.advanceTimersByTime(laterMs);
      const before = registry.requests.length;
      registry.traits = {
        ...registry.traits,
        fault: (request) => {
          if (request.method === 'PUT') return answering(201);
          return deletesDigest(request) && puts(registry, before).length > 0 ? answering(202) : undefined;
        },
      };
      expect(await outcome(store.deleteTag(image))).toBe('not-understood');
      expect(registry.images(APP)).toMatchObject({ v1: 'shared' });
      expect(registry.images('group/other')).toEqual({ v1: 'other' });
    });
  });

  test('A push of the same image during the delete survives once the registry is known', async () => {
    const registry = await startFilled();
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = {
      ...registry.traits,
      beforeAnswer: (request) => {
        if (deletesPlaceholder(registry, request)) registry.fill(APP, { v1: 'shared' });
      },
    };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
  });
});

describe('A registry that takes long for a delete', () => {
  test('A delete may take longer than any other request', async () => {
    const registry = await startFilled();
    let askedMeanwhile: number | undefined;
    registry.traits = {
      ...registry.traits,
      beforeAnswer: async (request) => {
        if (!deletesPlaceholder(registry, request)) return;
        const before = registry.requests.length;
        await delay(1_500);
        askedMeanwhile = registry.requests.length - before;
      },
    };
    const store = await openStore(registry, { timeouts: { headers: 1_000, total: 1_000, deletion: 20_000 } });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(askedMeanwhile).toBe(0);
  });

  test('A delete that is not answered in time is retried for the same digest, without further placeholders', async () => {
    const registry = await startFilled();
    let unanswered = 2;
    failDeletes(registry, () => (unanswered-- > 0 ? silence : undefined));
    const store = await openStore(registry, { timeouts: { deletion: 500 } });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(puts(registry)).toEqual(['v1']);
    const [, ...digests] = deletedDigests(registry);
    expect(digests.length).toBe(3);
    expect(new Set(digests).size).toBe(1);
  });
});

test('A delete succeeds although the list of tags fails afterwards', async () => {
  const registry = await startFilled();
  registry.traits = {
    ...registry.traits,
    fault: ({ path }) => (path.includes('/tags/list') && puts(registry).length > 0 ? answering(500) : undefined),
  };
  const store = await openStore(registry);
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
  expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
});

describe('A placeholder that a proxy has given up with 504, and that arrives after all', () => {
  /** Gives up the first placeholder for a tag. @returns what lets it arrive */
  function giveUpPlaceholder(
    registry: ScriptedRegistry,
    isIt: (request: RecordedRequest) => boolean,
  ): () => Promise<void> {
    let late: RecordedRequest | undefined;
    registry.traits = {
      ...registry.traits,
      fault: (request) => {
        if (request.method !== 'PUT' || late !== undefined || !isIt(request)) return undefined;
        late = request;
        return answering(504);
      },
    };
    return async () => {
      const { body } = late as unknown as RecordedRequest;
      const client = new RegistryClient(registry.url.href);
      await client.putManifest(APP, 'v1', body, 'application/vnd.oci.image.index.v1+json');
      expect(registry.images(APP)['v1']).toBe('placeholder');
    };
  }

  test('A late placeholder is deleted', async () => {
    const registry = await startFilled();
    const arrive = giveUpPlaceholder(registry, () => true);
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    await arrive();
    await expectImages(registry, { v2: 'shared', v3: 'own' });
  });

  test('A late placeholder that was to repair a dangling tag is deleted', async () => {
    const registry = await startFilled();
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    let torn = 0;
    registry.traits = { ...registry.traits, isUntagTorn: () => torn++ === 0 };
    const arrive = giveUpPlaceholder(registry, () => torn > 0);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared' });
    await arrive();
    await expectImages(registry, { v2: 'shared' });
  });

  test('A late placeholder of a server that recovers is deleted, however long ago the delete began', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await leaveHalfDeleted(registry, stateDir);
    const [intent = ''] = await readdir(join(stateDir, INTENTS));
    const longAgo = Date.now() / 1_000 - 600;
    await utimes(join(stateDir, INTENTS, intent), longAgo, longAgo);
    const arrive = giveUpPlaceholder(registry, () => true);
    await openStore(registry, { stateDir });
    await expectImages(registry, { v2: 'shared', v3: 'own' });
    await sweeps(registry, 1);
    await arrive();
    await expectImages(registry, { v2: 'shared', v3: 'own' });
  });
});
