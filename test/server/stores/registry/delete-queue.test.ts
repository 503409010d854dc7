import { once } from 'node:events';
import { queryObjects } from 'node:v8';
import { afterEach, expect, test, vi } from 'vitest';
import { type BatchOutcome, DeleteQueue } from '../../../../server/stores/delete-queue.ts';
import { appTag, numbered, outcome } from '../layout/synthetic.ts';
import { APP, openStore, startFilled } from './scripted.ts';

const BATCHES = { maxSize: 64, lingerMs: 1 };
/** Max repositories with a batch under way. */
const PLACES = 32;
/** Milliseconds after which a delete that waits is `busy`. */
const WAITED_TOO_LONG_MS = 20_000;

/** Batches that are done when the test says so. */
function gatedBatches() {
  const batches: string[][] = [];
  let open: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  const deleteBatch = async (tags: ReadonlySet<string>): Promise<BatchOutcome> => {
    batches.push([...tags]);
    await isOpen;
    return new Map([...tags].map((tag) => [tag, []]));
  };
  return { batches, open, deleteBatch };
}

afterEach(() => {
  vi.useRealTimers();
});

test('A delete that has waited too long is not begun: its caller may have pushed the tag again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { batches, open, deleteBatch } = gatedBatches();
  const queue = new DeleteQueue('group/app', deleteBatch);
  const first = outcome(queue.deleteTag('first'));
  await vi.waitUntil(() => batches.length === 1);
  const overdue = outcome(queue.deleteTag('overdue'));
  vi.advanceTimersByTime(1);
  const inTime = outcome(queue.deleteTag('in-time'));
  vi.advanceTimersByTime(WAITED_TOO_LONG_MS - 1);
  open();
  expect(await Promise.all([first, overdue, inTime])).toEqual(['deleted', 'busy', 'deleted']);
  expect(batches).toEqual([['first'], ['in-time']]);
});

test('A delete that has waited too long for other repositories is not begun', async () => {
  const gate = new AbortController();
  const opened = once(gate.signal, 'abort');
  const registry = await startFilled({ beforeAnswer: async () => void (await opened) });
  const store = await openStore(registry);
  vi.useFakeTimers({ toFake: ['performance'] });
  const others = numbered('other', PLACES).map((repository) =>
    outcome(store.deleteTag({ ...appTag('v1'), repository })),
  );
  const overdue = outcome(store.deleteTag(appTag('v1')));
  await vi.waitUntil(() => registry.requests.length === PLACES);
  vi.advanceTimersByTime(WAITED_TOO_LONG_MS);
  const inTime = outcome(store.deleteTag(appTag('v3')));
  gate.abort();
  expect(await Promise.all([overdue, inTime])).toEqual(['busy', 'deleted']);
  await Promise.all(others);
  expect(registry.images(APP)).toEqual({ v1: 'shared', v2: 'shared' });
});

test('Recovery gets its turn after the current batch, however many deletes wait', async () => {
  const { batches, open, deleteBatch } = gatedBatches();
  const queue = new DeleteQueue('group/app', deleteBatch);
  const first = queue.deleteTag('first');
  await vi.waitUntil(() => batches.length === 1);
  const waiting = queue.deleteTag('waiting');
  const before: string[][] = [];
  const working = queue.betweenBatches(async () => {
    before.push(...batches);
  });
  open();
  await Promise.all([first, waiting, working]);
  expect(before).toEqual([['first']]);
  expect(batches).toEqual([['first'], ['waiting']]);
});

test('Recovery that fails does not hold up deletes', async () => {
  const { open, deleteBatch } = gatedBatches();
  open();
  const queue = new DeleteQueue('group/app', deleteBatch);
  const working = queue.betweenBatches(() => Promise.reject(new Error('work')));
  const deleting = queue.deleteTag('v1');
  await expect(working).rejects.toThrow('work');
  expect(await outcome(deleting)).toBe('deleted');
});

test('A turn that fails fails the deletes that wait for it, and no later one', async () => {
  const { open, deleteBatch } = gatedBatches();
  open();
  let turns = 0;
  const turn = <T>(batch: () => Promise<T>) => {
    turns += 1;
    return turns === 1 ? Promise.reject(new Error('no turn')) : batch();
  };
  const queue = new DeleteQueue('group/app', deleteBatch, { ...BATCHES, turn });
  await expect(queue.deleteTag('v1')).rejects.toThrow('no turn');
  expect(await outcome(queue.deleteTag('v2'))).toBe('deleted');
});

test.each([1, 3])('A queue is idle after a batch of %i, so that it can be forgotten', async (size) => {
  const { open, deleteBatch } = gatedBatches();
  let idle = 0;
  const queue = new DeleteQueue('group/app', deleteBatch, BATCHES, () => {
    idle += 1;
  });
  const deletes = Array.from({ length: size }, (_, position) => outcome(queue.deleteTag(`v${position}`)));
  expect(idle).toBe(0);
  open();
  await Promise.all(deletes);
  await queue.drained();
  expect(queue.idle).toBe(true);
  expect(idle).toBe(1);
});

test('The pause after a batch is over when as many deletes wait again', async () => {
  // A pause that would never end.
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { batches, open, deleteBatch } = gatedBatches();
  open();
  const queue = new DeleteQueue('group/app', deleteBatch, BATCHES);
  await Promise.all([queue.deleteTag('v1'), queue.deleteTag('v2')]);
  const next = queue.deleteTag('v3');
  await new Promise(setImmediate);
  expect(batches).toEqual([['v1', 'v2']]);
  await Promise.all([next, queue.deleteTag('v4')]);
  expect(batches).toEqual([
    ['v1', 'v2'],
    ['v3', 'v4'],
  ]);
});

test('A delete that is done is answered before the rest of its batch, and no pause follows for it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { batches, open, deleteBatch } = gatedBatches();
  const queue = new DeleteQueue(
    'group/app',
    (tags, onDeleted) => {
      for (const tag of tags) if (tag !== 'slow') onDeleted(tag, [`digest of ${tag}`]);
      return deleteBatch(tags);
    },
    BATCHES,
  );
  const slow = queue.deleteTag('slow');
  expect(await Promise.all([queue.deleteTag('v1'), queue.deleteTag('v2')])).toEqual([
    { digests: ['digest of v1'] },
    { digests: ['digest of v2'] },
  ]);
  open();
  expect(await outcome(slow)).toBe('deleted');
  expect(await outcome(queue.deleteTag('v3'))).toBe('deleted');
  expect(batches).toEqual([['slow', 'v1', 'v2'], ['v3']]);
});

test('Of two deletes of one tag in a batch only the first succeeds, even if it is answered early', async () => {
  const { open, deleteBatch } = gatedBatches();
  open();
  const queue = new DeleteQueue('group/app', (tags, onDeleted) => {
    for (const tag of tags) onDeleted(tag, []);
    return deleteBatch(tags);
  });
  const deletes = ['v1', 'v1'].map((tag) => outcome(queue.deleteTag(tag)));
  expect(await Promise.all(deletes)).toEqual(['deleted', 'tag-not-found']);
});

test('A store forgets repositories, so that missing ones take no memory for ever', async () => {
  const store = await openStore(await startFilled());
  // Those that are on the heap after a collection.
  const queues = () => queryObjects(DeleteQueue, { format: 'count' });
  const before = queues();
  const askFor = (repository: string) =>
    Promise.all(['a', 'b', 'c'].map((tag) => outcome(store.deleteTag({ ...appTag(tag), repository }))));
  expect(await Promise.all(numbered('missing', 50).map(askFor))).toEqual(
    Array.from({ length: 50 }, () => Array.from({ length: 3 }, () => 'repository-not-found')),
  );
  await vi.waitFor(() => expect(queues()).toBeLessThanOrEqual(before));
});
