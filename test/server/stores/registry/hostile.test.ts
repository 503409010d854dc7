// Registries that cannot run here, and registries that misbehave: none of them may cost a sibling, leave a placeholder, hold
// a caller up for ever, or get to see credentials that are another's. All of them are scripted.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { answering, cutting, type Fault, flooding, seededRandom, silence, stalling } from '../../../support/faults.ts';
import { CREDENTIALS } from '../../../support/registry.ts';
import { inParallel } from '../../../support/registry-client.ts';
import type { RecordedRequest, ScriptedRegistry, Traits } from '../../../support/scripted-registry.ts';
import { appTag, numbered, outcome } from '../layout/synthetic.ts';
import { APP, deletesDigest, deletesTag, isManifest, openStore, startFilled } from './scripted.ts';

const GIGABYTE = 1024 ** 3;
/** What a client that stops reading has taken at most, with what waits in the buffers of both sockets. */
const TAKEN_AT_MOST = 64 * 1024 ** 2;
const SHORT = { connect: 300, headers: 300, deletion: 300, body: 300, total: 2_000 };

const methods = ({ requests }: ScriptedRegistry) => new Set(requests.map(({ method }) => method));

describe('a registry that deletes by tag', () => {
  test.each(['auto', 'tag'] as const)('is asked for just that, and siblings stay: mode %s', async (deleteMode) => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const store = await openStore(registry, { deleteMode });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('tag-not-found');
    expect(await outcome(store.deleteTag({ ...appTag('v1'), repository: 'other' }))).toBe('repository-not-found');
    expect(methods(registry)).not.toContain('PUT');
  });

  test('and says 400 for a missing repository, as zot: it is missing, and none is made', async () => {
    const registry = await startFilled({ deleteByTag: 'native', missingRepository: 'name-unknown' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag({ ...appTag('v1'), repository: 'other' }))).toBe('repository-not-found');
    expect(await outcome(store.deleteTag(appTag('missing')))).toBe('tag-not-found');
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(methods(registry)).not.toContain('PUT');
  });

  test('and takes every sibling along, as zot before 2.1.2: the operator may force the fallback', async () => {
    const registry = await startFilled({ deleteByTag: 'whole-manifest' });
    const store = await openStore(registry, { deleteMode: 'fallback' });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(registry.requests.filter(deletesTag)).toEqual([]);
  });

  test.each([401, 403, 404, 409, 429, 500, 503])('or says %i: the fallback is not tried', async (status) => {
    const registry = await startFilled({
      deleteByTag: 'native',
      fault: (request) => (deletesTag(request) ? answering(status) : undefined),
    });
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    expect(methods(registry)).not.toContain('PUT');
  });
});

describe('a registry that deletes by tag, and once does not', () => {
  const failing = (statuses: readonly number[]) => {
    const left = [...statuses];
    return (request: RecordedRequest) => (deletesTag(request) ? answering(left.shift() ?? 404) : undefined);
  };

  test.each([
    ['in the mode for it', 'tag', false],
    ['as it did a moment ago', 'auto', true],
  ] as const)(
    '%s, and says 404 for a tag that is there: it is not said to be gone',
    async (_, deleteMode, isProven) => {
      const registry = await startFilled({ deleteByTag: 'native' });
      const store = await openStore(registry, { deleteMode });
      if (isProven) expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
      registry.traits = { ...registry.traits, fault: failing([404]) };
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
      expect(registry.images(APP)).toMatchObject({ v1: 'shared', v2: 'shared' });
      expect(methods(registry)).not.toContain('PUT');
    },
  );

  test.each(['auto', 'tag'] as const)('and says 503, and then 404 for a tag that is there: mode %s', async (mode) => {
    const registry = await startFilled({ deleteByTag: 'native' });
    const store = await openStore(registry, { deleteMode: mode });
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    registry.traits = { ...registry.traits, fault: failing([503, 404]) };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
  });

  test('and says 503 when it is done, and then 404: it was this delete that did it', async () => {
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
    'and not any more: its answer is not kept for ever: %s',
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
    'and not any more: where the operator forbids the other way it is said: %s',
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

describe('a registry that does not delete by tag', () => {
  test.each(['refused', 'unsupported'] as const)('gets the fallback, and siblings stay: %s', async (deleteByTag) => {
    const registry = await startFilled({ deleteByTag });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('tag-not-found');
  });

  test.each(['refused', 'unsupported'] as const)(
    'is not written to where the operator forbids it: %s',
    async (deleteByTag) => {
      const registry = await startFilled({ deleteByTag });
      const store = await openStore(registry, { deleteMode: 'tag' });
      expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
      expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
      expect(methods(registry)).not.toContain('PUT');
    },
  );

  test('and has deletion off is not written to', async () => {
    const registry = await startFilled({ deleteByTag: 'unsupported', deleteByDigest: 'disabled' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deletion-disabled');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    expect(methods(registry)).not.toContain('PUT');
  });

  test('and keeps the placeholder on the tag gets the image back, and is not written to again', async () => {
    const registry = await startFilled({ deleteByDigest: 'keeps-tags' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
    const puts = () => registry.requests.filter(({ method }) => method === 'PUT').length;
    const before = puts();
    for (const tag of ['v1', 'v2', 'v3']) expect(await outcome(store.deleteTag(appTag(tag)))).not.toBe('deleted');
    expect(puts()).toBe(before);
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
  });

  test.each([404, 401, 403])(
    'and says %i to every delete, for want of a right: the tag keeps its image',
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

  test.each([404, 401, 403, 405])('and says %i to the delete of what was put: the image comes back', async (status) => {
    const registry = await startFilled();
    const isPut = () => registry.requests.some(({ method }) => method === 'PUT');
    registry.traits = {
      ...registry.traits,
      fault: (request) => (deletesDigest(request) && isPut() ? answering(status) : undefined),
    };
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
  });

  test('and takes a push between the two steps keeps what was pushed', async () => {
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

  test('and left a tag without its manifest behind: that goes as well', async () => {
    const registry = await startFilled({ isScanTorn: () => true });
    const store = await openStore(registry);
    const first = await outcome(store.deleteTag(appTag('v1')));
    registry.traits = { ...registry.traits, isScanTorn: () => false };
    if (first !== 'deleted') expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ v2: 'shared', v3: 'own' });
  });

  test.each([
    ['', Number.POSITIVE_INFINITY],
    [' on a later page of the list', 1],
  ])('and leaves a tag%s that leads nowhere, saying 202: that is noticed, and mended', async (_, pageSize) => {
    const registry = await startFilled({ pageSize });
    registry.fill(APP, { a: 'other' });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    let torn = 0;
    // A server that was at work on the same tag at the same time has done it.
    const isUntagTorn = () => torn++ === 0;
    registry.traits = { ...registry.traits, isUntagTorn };
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    expect(registry.images(APP)).toEqual({ a: 'other', v2: 'shared' });
  });
});

describe('a registry that fails now and then, always in the same way', () => {
  const random = seededRandom(4_711);
  const sometimes = (share: number, fault: Fault) => () => (random() < share ? fault : undefined);

  test.each<[string, Partial<Traits>]>([
    ['500 instead of doing it', { fault: sometimes(0.15, answering(500)) }],
    ['503 when it is done', { lost: sometimes(0.15, answering(503)) }],
    ['no answer when it is done: the connection is cut', { lost: sometimes(0.1, cutting) }],
    ['500 with dangling tags, as distribution 2 under load', { isScanTorn: () => random() < 0.5 }],
    [
      'all of these',
      { fault: sometimes(0.1, answering(500)), lost: sometimes(0.1, cutting), isScanTorn: () => random() < 0.25 },
    ],
  ])('%s: exactly what was asked for is gone in the end, and what was said to be gone is', async (_, traits) => {
    const registry = await startFilled({ deleteByTag: 'refused' });
    const [gone, kept] = [numbered('gone', 48), numbered('kept', 12)];
    const images = (tags: readonly string[]) =>
      Object.fromEntries(tags.map((tag, position) => [tag, position % 2 === 0 ? 'shared' : tag]));
    const left = { v1: 'shared', v2: 'shared', v3: 'own', ...images(kept) };
    registry.fill(APP, images([...gone, ...kept]));
    const store = await openStore(registry);
    // How it deletes is found out in peace.
    expect(await outcome(store.deleteTag(appTag('gone-0')))).toBe('deleted');
    registry.traits = { ...registry.traits, ...traits };
    await inParallel(
      gone.slice(1),
      async (tag) => {
        // A caller that gets 500 tries again.
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
  });

  test('fails for long between the two steps: the next server to meet the tag finishes it', async () => {
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

describe('a registry that does not answer', () => {
  const lines: [string, Fault][] = [
    ['sends nothing', silence],
    ['stops in the middle of a body', stalling(200, { 'Content-Type': 'application/json' })],
    ['stops in the middle of an error', stalling(500, { 'Content-Type': 'application/json' })],
    ['cuts the connection', cutting],
  ];

  test.each(lines)('%s: the delete fails, the tag stays, and other repositories are served', async (_, fault) => {
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

  test('as a whole: it can be closed all the same', async () => {
    const registry = await startFilled({ fault: () => silence });
    const store = await openStore(registry, { timeouts: SHORT });
    const deletes = numbered('v', 30).map((tag) => outcome(store.deleteTag(appTag(tag))));
    await store.close();
    for (const ended of await Promise.all(deletes)) expect(ended).not.toBe('deleted');
  });
});

describe('a registry that sends 1 GB', () => {
  test.each<[string, (request: RecordedRequest) => boolean, number]>([
    ['of a manifest', ({ method, reference }) => method === 'GET' && reference !== undefined, 200],
    ['of an error', isManifest, 500],
    ['of a refusal', ({ method }) => method === 'DELETE', 400],
    ['of a list of tags', ({ path }) => path.includes('/tags/list'), 200],
    ['of whatever', () => true, 200],
  ])('%s is not read to the end', async (_, isFlooded, status) => {
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

describe('a registry that sends its clients elsewhere', () => {
  test.each([301, 302, 303, 307, 308])('with %i: the other host never sees the credentials', async (status) => {
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
  });

  test.each(['ftp://elsewhere.example/', 'file:///etc/passwd', 'http://[', 'http://127.0.0.1:99999/', 'data:,x'])(
    'where nothing can be fetched from: %s',
    async (location) => {
      const registry = await startFilled({ fault: () => answering(302, { Location: location }) });
      const store = await openStore(registry);
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('not-understood');
      await expect(store.ready()).rejects.toMatchObject({ kind: 'not-understood' });
    },
  );

  test('and to itself for ever: the delete fails', async () => {
    const registry = await startFilled({ fault: ({ path }) => answering(307, { Location: path }) });
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(registry.requests.length).toBeLessThan(100);
  });
});

describe('a registry that lets nobody in, or too many', () => {
  test('401 for everything is unauthorized, and nothing is tried for long', async () => {
    const registry = await startFilled({ fault: () => answering(401, { 'WWW-Authenticate': 'Basic realm="test"' }) });
    const { username, password } = CREDENTIALS;
    const store = await openStore(registry, { credentials: { username, password } });
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('unauthorized');
    await expect(store.ready()).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(registry.requests.length).toBeLessThan(20);
  });

  test('429 for everything is throttled', async () => {
    const registry = await startFilled({ fault: () => answering(429, { 'Retry-After': '1' }) });
    expect(await outcome((await openStore(registry)).deleteTag(appTag('v1')))).toBe('throttled');
    expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared', v3: 'own' });
  });

  test('429 once, between the two steps: the delete is finished after the time that it names', async () => {
    const registry = await startFilled();
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
    const arrivals: number[] = [];
    const fault = (request: RecordedRequest) => {
      // The first of them is a probe: nothing is begun yet.
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

describe('an address that is no registry', () => {
  test.each<[string, Fault]>([
    ['a web page for everything', answering(200, { 'Content-Type': 'text/html' }, '<html>Welcome</html>')],
    ['404 for everything', answering(404, { 'Content-Type': 'text/html' }, '<html>Not found</html>')],
    ['half of a JSON text', answering(200, { 'Content-Type': 'application/json' }, '{"tags":[')],
    ['JSON of another kind', answering(200, { 'Content-Type': 'application/json' }, '{"tags":{"v1":1}}')],
  ])('%s: no delete is said to be done, and nothing is written', async (_, fault) => {
    const registry = await startFilled({ fault: () => fault });
    const store = await openStore(registry);
    expect(await outcome(store.deleteTag(appTag('v1')))).not.toBe('deleted');
    expect(methods(registry)).not.toContain('PUT');
  });

  test('404 without a registry behind it is not ready', async () => {
    const registry = await startFilled({ fault: () => answering(404) });
    await expect((await openStore(registry)).ready()).rejects.toMatchObject({ kind: 'not-understood' });
  });
});

test('deletes that wait for a slow registry are bounded: those beyond are told that it is busy', async () => {
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
