// Registries that cannot run here, and registries that misbehave. None of them may cost a sibling, leave a placeholder,
// make a caller wait for ever, or see the credentials of another host. All of them are scripted.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { answering, cutting, type Fault, flooding, seededRandom, silence, stalling } from '../../../support/faults.ts';
import { CREDENTIALS } from '../../../support/registry.ts';
import { inParallel } from '../../../support/registry-client.ts';
import type { RecordedRequest, Traits } from '../../../support/scripted-registry.ts';
import { appTag, numbered, outcome } from '../layout/synthetic.ts';
import { APP, deletesDigest, deletesTag, isManifest, openStore, puts, startFilled } from './scripted.ts';

const GIGABYTE = 1024 ** 3;
/** Max bytes that a client takes before it stops reading, with those in the buffers of both sockets. */
const TAKEN_AT_MOST = 64 * 1024 ** 2;
const SHORT = { connect: 300, headers: 300, deletion: 300, body: 300, total: 2_000 };

describe('A registry that deletes by tag', () => {
  test.each(['auto', 'tag'] as const)(
    'A delete asks for just that tag, and its siblings survive (mode %s)',
    async (deleteMode) => {
      const registry = await startFilled({ deleteByTag: 'native' });
      const store = await openStore(registry, { deleteMode });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
      expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('tag-not-found');
      expect(await outcome(store.deleteTag({ ...appTag('v1'), repository: 'other' }))).toBe('repository-not-found');
      expect(puts(registry)).toEqual([]);
    },
  );

  test('A repository that the registry answers 400 for, as zot does, is not found, and none is created', async () => {
    const registry = await startFilled({ deleteByTag: 'native', missingRepository: 'name-unknown' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag({ ...appTag('v1'), repository: 'other' }))).toBe('repository-not-found');
    expect(await outcome(store.deleteTag(appTag('missing')))).toBe('tag-not-found');
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(puts(registry)).toEqual([]);
  });

  test('Siblings survive in mode fallback if the registry deletes the whole manifest of a tag', async () => {
    const registry = await startFilled({ deleteByTag: 'whole-manifest' });
    const store = await openStore(registry, { deleteMode: 'fallback' });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(registry.requests.filter(deletesTag)).toEqual([]);
  });

  test.each([401, 403, 404, 409, 429, 500, 503])(
    'A delete that is answered %i fails, and the tag keeps its image',
    async (status) => {
      const registry = await startFilled({
        deleteByTag: 'native',
        fault: (request) => (deletesTag(request) ? answering(status) : undefined),
      });
      expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).not.toBe('deleted');
      expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
      expect(puts(registry)).toEqual([]);
    },
  );
});

describe('A registry that deletes by tag, and once does not', () => {
  const failing = (statuses: readonly number[]) => {
    const left = [...statuses];
    return (request: RecordedRequest) => (deletesTag(request) ? answering(left.shift() ?? 404) : undefined);
  };

  test.each([
    ['in mode tag', 'tag', false],
    ['after a delete that worked', 'auto', true],
  ] as const)(
    'A tag that is there but answered 404 is not reported as deleted: %s',
    async (_, deleteMode, isProven) => {
      const registry = await startFilled({ deleteByTag: 'native' });
      const store = await openStore(registry, { deleteMode });
      if (isProven) expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
      registry.traits = { ...registry.traits, fault: failing([404]) };
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
      expect(registry.images(APP)).toMatchObject({ v1: 'shared', v2: 'shared' });
      expect(puts(registry)).toEqual([]);
    },
  );

  test.each(['auto', 'tag'] as const)(
    'A tag that is there but answered 503 and then 404 is not reported as deleted (mode %s)',
    async (mode) => {
      const registry = await startFilled({ deleteByTag: 'native' });
      const store = await openStore(registry, { deleteMode: mode });
      expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
      registry.traits = { ...registry.traits, fault: failing([503, 404]) };
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
      expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
    },
  );

  test('A delete that is done but answered 503, and then 404, is reported as deleted', async () => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    let losses = 1;
    const lost = (request: RecordedRequest) => (deletesTag(request) && losses-- > 0 ? answering(503) : undefined);
    registry.traits = { ...registry.traits, lost };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared' });
  });

  test.each(['refused', 'unsupported'] as const)(
    'A tag is still deleted when the registry stops deleting by tag: %s',
    async (deleteByTag) => {
      const registry = await startFilled({ deleteByTag: 'native' });
      const store = await openStore(registry);
      expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
      registry.traits = { ...registry.traits, deleteByTag };
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
      expect(registry.images(APP)).toEqual({ v2: 'shared' });
    },
  );

  test.each(['refused', 'unsupported'] as const)(
    'A delete in mode tag fails when the registry stops deleting by tag, and siblings survive: %s',
    async (deleteByTag) => {
      const registry = await startFilled({ deleteByTag: 'native' });
      const store = await openStore(registry, { deleteMode: 'tag' });
      expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
      registry.traits = { ...registry.traits, deleteByTag };
      expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
      expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
    },
  );
});

describe('A registry that does not delete by tag', () => {
  test.each(['refused', 'unsupported'] as const)(
    'A tag is deleted through a placeholder, and its siblings survive: %s',
    async (deleteByTag) => {
      const registry = await startFilled({ deleteByTag });
      const store = await openStore(registry);
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
      expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('tag-not-found');
    },
  );

  test.each(['refused', 'unsupported'] as const)(
    'A delete in mode tag fails without a write: %s',
    async (deleteByTag) => {
      const registry = await startFilled({ deleteByTag });
      const store = await openStore(registry, { deleteMode: 'tag' });
      expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
      expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
      expect(puts(registry)).toEqual([]);
    },
  );

  test('A delete fails without a write if deletion is switched off', async () => {
    const registry = await startFilled({ deleteByTag: 'unsupported', deleteByDigest: 'disabled' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    expect(puts(registry)).toEqual([]);
  });

  test('A tag gets its image back if the registry keeps the placeholder on it, and no further delete writes anything', async () => {
    const registry = await startFilled({ deleteByDigest: 'keeps-tags' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    const before = puts(registry);
    for (const tag of ['v1', 'v2', 'v3']) expect(await outcome(store.deleteTag(appTag(tag)))).not.toBe('deleted');
    expect(puts(registry)).toEqual(before);
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
  });

  test.each([404, 401, 403])(
    'A tag keeps its image if every delete is answered %i for a missing right',
    async (status) => {
      const registry = await startFilled({
        fault: ({ method, reference }) =>
          method !== 'DELETE' || (status !== 404 && reference?.startsWith('v')) ? undefined : answering(status),
      });
      const store = await openStore(registry);
      for (const tag of ['v1', 'v1', 'v3']) expect(await outcome(store.deleteTag(appTag(tag)))).not.toBe('deleted');
      expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    },
  );

  test.each([404, 401, 403, 405])(
    'A tag gets its image back if the delete of its placeholder is answered %i',
    async (status) => {
      const registry = await startFilled();
      const isPut = () => registry.requests.some(({ method }) => method === 'PUT');
      registry.traits = {
        ...registry.traits,
        fault: (request) => (deletesDigest(request) && isPut() ? answering(status) : undefined),
      };
      const store = await openStore(registry);
      expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
      expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    },
  );

  test('An image that is pushed between the placeholder and its delete survives', async () => {
    const registry = await startFilled();
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = {
      ...registry.traits,
      beforeAnswer: ({ method, reference }) => {
        if (method === 'PUT' && reference === 'v1') registry.fill(APP, { v1: 'pushed' });
      },
    };
    await outcome(store.deleteTag(appTag('v1')));
    expect(registry.images(APP)).toEqual({ v1: 'pushed', v2: 'shared' });
  });

  test('A tag that the registry leaves without a manifest is deleted as well', async () => {
    const registry = await startFilled({ isScanTorn: () => true });
    const store = await openStore(registry);
    const first = await outcome(store.deleteTag(appTag('v1')));
    registry.traits = { ...registry.traits, isScanTorn: () => false };
    if (first !== 'deleted') expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test.each([
    ['a tag', Number.POSITIVE_INFINITY],
    ['a tag on a later page of the list', 1],
  ])('A 202 that leaves %s without a manifest is noticed, and the tag is deleted', async (_, pageSize) => {
    const registry = await startFilled({ pageSize });
    registry.fill(APP, { a: 'other' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    let torn = 0;
    // Another server that deletes the same tag at the same time can cause it.
    const isUntagTorn = () => torn++ === 0;
    registry.traits = { ...registry.traits, isUntagTorn };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ a: 'other', v2: 'shared' });
  });
});

describe('A registry that fails now and then, always in the same way', () => {
  const random = seededRandom(4_711);
  const sometimes = (share: number, fault: Fault) => () => (random() < share ? fault : undefined);

  test.each<[string, Partial<Traits>]>([
    ['500 and nothing done', { fault: sometimes(0.15, answering(500)) }],
    ['503 after it was done', { lost: sometimes(0.15, answering(503)) }],
    ['a cut connection after it was done', { lost: sometimes(0.1, cutting) }],
    ['500 with dangling tags, as distribution 2 under load', { isScanTorn: () => random() < 0.5 }],
    [
      'all of these',
      { fault: sometimes(0.1, answering(500)), lost: sometimes(0.1, cutting), isScanTorn: () => random() < 0.25 },
    ],
  ])(
    'Retries delete exactly the tags that were asked for, and none that is reported as deleted is left: %s',
    async (_, traits) => {
      const registry = await startFilled({ deleteByTag: 'refused' });
      const [gone, kept] = [numbered('gone', 48), numbered('kept', 12)];
      const images = (tags: readonly string[]) =>
        Object.fromEntries(tags.map((tag, position) => [tag, position % 2 === 0 ? 'shared' : tag]));
      const left = { v1: 'shared', v2: 'shared', v3: 'own', ...images(kept) };
      registry.fill(APP, images([...gone, ...kept]));
      const store = await openStore(registry);
      // The server learns how it deletes before it begins to fail.
      expect(await outcome(store.deleteTag(appTag('gone-0')))).toBe('deleted');
      registry.traits = { ...registry.traits, ...traits };
      await inParallel(
        gone.slice(1),
        async (tag) => {
          // A caller retries after 500.
          for (let tries = 0; tries < 40; tries += 1) {
            const ended = await outcome(store.deleteTag(appTag(tag)));
            if (ended === 'deleted') expect(Object.keys(registry.images(APP))).not.toContain(tag);
            if (ended === 'deleted' || ended === 'tag-not-found') return;
          }
          throw new Error(`${tag} cannot be deleted`);
        },
        16,
      );
      expect(registry.images(APP)).toEqual(left);
    },
  );

  test('A delete that fails for long between its two steps is finished by the next server that is asked for the tag', async () => {
    const registry = await startFilled();
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = { ...registry.traits, fault: (request) => (deletesDigest(request) ? answering(500) : undefined) };
    expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
    registry.traits = { ...registry.traits, fault: () => undefined };
    await outcome((await openStore(registry)).deleteTag(appTag('v1')));
    expect(registry.images(APP)).toEqual({ v2: 'shared' });
  });
});

describe('A registry that does not answer', () => {
  const lines: [string, Fault][] = [
    ['no answer', silence],
    ['half a body', stalling(200, { 'Content-Type': 'application/json' })],
    ['half an error', stalling(500, { 'Content-Type': 'application/json' })],
    ['a cut connection', cutting],
  ];

  test.each(lines)('A delete fails, its tag survives, and other repositories are served: %s', async (_, fault) => {
    const registry = await startFilled({
      fault: ({ path }) => (path.includes(`${APP}/`) || path === '/v2/' ? fault : undefined),
    });
    registry.fill('group/other', { v1: 'other', v2: 'other' });
    const store = await openStore(registry, { timeouts: SHORT });
    const outcomes = await Promise.all([
      outcome(store.deleteTag(appTag('v1'))),
      outcome(store.deleteTag({ ...appTag('v1'), repository: 'other' })),
    ]);
    expect(outcomes[0]).toMatch(/unreachable|unavailable|not-understood/);
    expect(outcomes[1]).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    expect(registry.images('group/other')).toEqual({ v2: 'other' });
    await expect(store.ready()).rejects.toThrow();
  });

  test('A store whose registry never answers can still be closed', async () => {
    const registry = await startFilled({ fault: () => silence });
    const store = await openStore(registry, { timeouts: SHORT });
    const deletes = numbered('v', 30).map((tag) => outcome(store.deleteTag(appTag(tag))));
    await store.close();
    for (const ended of await Promise.all(deletes)) expect(ended).not.toBe('deleted');
  });
});

describe('A registry that sends 1 GB', () => {
  test.each<[string, (request: RecordedRequest) => boolean, number]>([
    ['a manifest', ({ method, reference }) => method === 'GET' && reference !== undefined, 200],
    ['an error', isManifest, 500],
    ['a refusal', ({ method }) => method === 'DELETE', 400],
    ['a list of tags', ({ path }) => path.includes('/tags/list'), 200],
    ['any answer', () => true, 200],
  ])('An answer of 1 GB is not read to its end: %s', async (_, isFlooded, status) => {
    let taken = 0;
    const flood = flooding(status, GIGABYTE, (bytes) => {
      taken = Math.max(taken, bytes);
    });
    const registry = await startFilled({ fault: (request) => (isFlooded(request) ? flood : undefined) });
    const store = await openStore(registry);
    for (const image of [appTag('v1'), appTag('missing'), { ...appTag('v1'), repository: 'other' }])
      await outcome(store.deleteTag(image));
    await store.ready().catch(() => undefined);
    expect(taken).toBeLessThan(TAKEN_AT_MOST);
  });
});

describe('A registry that redirects', () => {
  test.each([301, 302, 303, 307, 308])(
    'The target of a redirect with %i never sees the credentials',
    async (status) => {
      const elsewhere = await startFilled({}, '127.0.0.2');
      const registry = await startFilled({
        fault: ({ path, headers }) =>
          headers.authorization === undefined
            ? answering(401, { 'WWW-Authenticate': 'Basic realm="test"' })
            : answering(status, { Location: new URL(path, elsewhere.url).href }),
      });
      const { username, password } = CREDENTIALS;
      const store = await openStore(registry, { credentials: { username, password } });
      await outcome(store.deleteTag(appTag('v1')));
      await store.ready().catch(() => undefined);
      expect(registry.requests.map(({ headers }) => headers.authorization)).toContain(CREDENTIALS.header);
      for (const { headers } of elsewhere.requests) expect(headers.authorization).toBeUndefined();
    },
  );

  test.each(['ftp://elsewhere.example/', 'file:///etc/passwd', 'http://[', 'http://127.0.0.1:99999/', 'data:,x'])(
    'A redirect to a place that cannot be fetched fails the delete: %s',
    async (location) => {
      const registry = await startFilled({ fault: () => answering(302, { Location: location }) });
      const store = await openStore(registry);
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
      await expect(store.ready()).rejects.toMatchObject({ kind: 'not-understood' });
    },
  );

  test('An endless redirect fails the delete', async () => {
    const registry = await startFilled({ fault: ({ path }) => answering(307, { Location: path }) });
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(registry.requests.length).toBeLessThan(100);
  });
});

describe('A registry that lets no caller in, or too many', () => {
  test('A delete is unauthorized after a few requests if every answer is 401', async () => {
    const registry = await startFilled({ fault: () => answering(401, { 'WWW-Authenticate': 'Basic realm="test"' }) });
    const { username, password } = CREDENTIALS;
    const store = await openStore(registry, { credentials: { username, password } });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
    await expect(store.ready()).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(registry.requests.length).toBeLessThan(20);
  });

  test('A delete is throttled if every answer is 429', async () => {
    const registry = await startFilled({ fault: () => answering(429, { 'Retry-After': '1' }) });
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).toBe('throttled');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
  });

  test('A delete that is answered 429 between its two steps is finished after the pause that was asked for', async () => {
    const registry = await startFilled();
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    const arrivals: number[] = [];
    const fault = (request: RecordedRequest) => {
      // The delete of a random digest comes first, before anything is begun.
      const isBegun = registry.requests.some(({ method, reference }) => method === 'PUT' && reference === 'v1');
      if (!isBegun || !deletesDigest(request)) return undefined;
      arrivals.push(performance.now());
      return arrivals.length === 1 ? answering(429, { 'Retry-After': '1' }) : undefined;
    };
    registry.traits = { ...registry.traits, fault };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared' });
    const [first = 0, second = 0] = arrivals;
    expect(second - first).toBeGreaterThan(990);
  });
});

describe('A host that is not a registry', () => {
  test.each<[string, Fault]>([
    ['a web page for everything', answering(200, { 'Content-Type': 'text/html' }, '<html>Welcome</html>')],
    ['404 for everything', answering(404, { 'Content-Type': 'text/html' }, '<html>Not found</html>')],
    ['half a JSON text', answering(200, { 'Content-Type': 'application/json' }, '{"tags":[')],
    ['JSON of another kind', answering(200, { 'Content-Type': 'application/json' }, '{"tags":{"v1":1}}')],
  ])('No delete is reported as done, and nothing is written: %s', async (_, fault) => {
    const registry = await startFilled({ fault: () => fault });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(puts(registry)).toEqual([]);
  });

  test('A store is not ready if a host without a registry answers 404', async () => {
    const registry = await startFilled({ fault: () => answering(404) });
    await expect((await openStore(registry)).ready()).rejects.toMatchObject({ kind: 'not-understood' });
  });
});

test('Deletes that wait for a slow registry are limited: further ones fail as busy', async () => {
  const gate = new AbortController();
  const opened = once(gate.signal, 'abort');
  const registry = await startFilled({ beforeAnswer: async () => void (await opened) });
  const store = await openStore(registry);
  const outcomes: string[] = [];
  const deletes = numbered('v', 3_000).map((tag) =>
    outcome(store.deleteTag(appTag(tag))).then((how) => outcomes.push(how)),
  );
  await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(500));
  await delay(50);
  expect(new Set(outcomes)).toEqual(new Set(['busy']));
  expect(registry.requests.length).toBeLessThan(100);
  gate.abort();
  await Promise.all(deletes);
});
