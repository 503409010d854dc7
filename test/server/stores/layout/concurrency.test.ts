// Deletes beside deletes, and beside writers that know no lock: nothing is lost, and nothing comes back.
import { renameSync, statSync } from 'node:fs';
import { open, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { tagNamesIn } from '../../../support/layouts.ts';
import { temporaryDirectory } from '../../../support/programs.ts';
import {
  appTag,
  type Index,
  numbered,
  outcome,
  readIndex,
  recordedLog,
  withDescriptor,
  writeLayout,
  writeManifest,
} from './synthetic.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let layout: string;
let store: Store;
let logged: ReturnType<typeof recordedLog>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
  logged = recordedLog();
  store = await openLayoutStore(directory.path, logged.log);
});

afterEach(async () => {
  await store.close();
  await directory.remove();
});

/** Counts how often index.json was replaced, by polling: a lower bound. */
async function countReplacements(work: () => Promise<unknown>): Promise<number> {
  const inodes = new Set<string>();
  let isWorking = true;
  const looking = (async () => {
    while (isWorking) {
      const { ino, mtimeNs } = await stat(`${layout}/index.json`, { bigint: true });
      inodes.add(`${ino} ${mtimeNs}`);
    }
  })();
  await work();
  isWorking = false;
  await looking;
  return inodes.size - 1;
}

describe('beside other deletes', () => {
  test('exactly one of 20 deletes of the same tag succeeds', async () => {
    const others = numbered('other', 5);
    await writeLayout(layout, ['v1', 'v2', ...others]);
    // Queued behind others, so that they wait together and are committed together.
    const before = others.map((tag) => store.deleteTag(appTag(tag)));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(store.deleteTag(appTag('v1')))));
    await Promise.all(before);
    expect(outcomes.filter((one) => one === 'deleted')).toHaveLength(1);
    expect(outcomes.filter((one) => one === 'tag-not-found')).toHaveLength(19);
    expect(await tagNamesIn(layout)).toEqual(['v2']);
  });

  test('200 deletes that arrive together are done with a few writes of the index', async () => {
    const [gone, kept] = [numbered('gone', 200), numbered('kept', 50)];
    await writeLayout(layout, [...gone, ...kept].sort());
    const replacements = await countReplacements(() => Promise.all(gone.map((tag) => store.deleteTag(appTag(tag)))));
    expect(replacements).toBeGreaterThan(0);
    expect(replacements).toBeLessThan(10);
    expect(await tagNamesIn(layout)).toEqual([...kept].sort());
  });

  test('a delete that finds the queue full is busy, and none of those before it is lost', async () => {
    const gone = numbered('gone', 1_200);
    await writeLayout(layout, [...gone, 'kept']);
    const outcomes = await Promise.all(gone.map((tag) => outcome(store.deleteTag(appTag(tag)))));
    const busy = gone.filter((_, position) => outcomes[position] === 'busy');
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.length).toBeLessThan(200);
    expect(outcomes.filter((one) => one === 'deleted')).toHaveLength(gone.length - busy.length);
    expect(await tagNamesIn(layout)).toEqual([...busy, 'kept']);
    expect(await Promise.all(busy.map((tag) => outcome(store.deleteTag(appTag(tag)))))).toEqual(
      busy.map(() => 'deleted'),
    );
    expect(await tagNamesIn(layout)).toEqual(['kept']);
  });

  test('deletes through two names of one repository do not undo each other', async () => {
    const gone = numbered('gone', 60);
    await writeLayout(layout, [...gone, 'kept']);
    await symlink('app', `${directory.path}/group/alias`);
    for (let from = 0; from < gone.length; from += 6) {
      await Promise.all(
        gone
          .slice(from, from + 6)
          .map((tag, position) =>
            store.deleteTag({ namespace: 'group', repository: position % 2 === 0 ? 'app' : 'alias', tag }),
          ),
      );
    }
    expect(await tagNamesIn(layout)).toEqual(['kept']);
    expect(logged.lines).toEqual([]);
  });

  test('deletes that follow failed ones at once do not undo each other', async () => {
    const gone = numbered('gone', 100);
    await writeLayout(layout, [...gone, 'kept']);
    for (let from = 0; from < gone.length; from += 2) {
      const fresh = `${layout}-${from}`;
      await writeLayout(fresh, ['a', 'b', 'kept']);
      const of = (tag: string) => ({ namespace: 'group', repository: `app-${from}`, tag });
      // Both fail in one commit; each is followed by a delete at once.
      await Promise.all(
        ['a', 'b'].map((tag) => outcome(store.deleteTag(of(`no-${tag}`))).then(() => store.deleteTag(of(tag)))),
      );
      expect(await tagNamesIn(fresh)).toEqual(['kept']);
    }
  });

  test('a delete does not wait for another repository that is broken', async () => {
    await writeLayout(layout, ['v1']);
    await writeLayout(`${directory.path}/group/broken`, ['v1']);
    await writeFile(`${directory.path}/group/broken/index.json`, '{');
    const broken = outcome(store.deleteTag({ namespace: 'group', repository: 'broken', tag: 'v1' }));
    const first = await Promise.race([broken, outcome(store.deleteTag(appTag('v1')))]);
    expect(first).toBe('deleted');
    expect(await broken).toBe('invalid-layout');
  });
});

// On a busy machine the writer has to begin again and again.
describe('beside a writer', { timeout: 300_000 }, () => {
  /**
   * Pushes fresh tags one after another with `put` while all of `gone` are deleted.
   * @param isRetried whether a delete that the writer never lets through, answered 429, is asked for once more
   */
  async function deleteBeside(
    put: (index: () => Promise<Index>, descriptor: object) => Promise<void>,
    isRetried: boolean,
  ): Promise<void> {
    const gone = numbered('gone', 200);
    const pushed: string[] = [];
    await writeLayout(layout, [...gone, 'kept']);
    let isDeleting = true;
    const pushing = (async () => {
      while (isDeleting) {
        const tag = `pushed-${pushed.length}`;
        await put(() => readIndex(layout), await writeManifest(layout, tag));
        pushed.push(tag);
        await delay(5 + Math.random() * 10);
      }
    })();
    const results: string[] = [];
    const deleting = async () => {
      for (let tag = gone[results.length]; tag !== undefined; tag = gone[results.length]) {
        results.push(tag);
        let how = await outcome(store.deleteTag(appTag(tag)));
        if (isRetried && how === 'busy') how = await outcome(store.deleteTag(appTag(tag)));
        expect(how, tag).toBe('deleted');
        await delay(5);
      }
    };
    await Promise.all(Array.from({ length: 3 }, deleting)).finally(() => {
      isDeleting = false;
    });
    await pushing;
    await store.close();
    const left = await tagNamesIn(layout);
    expect(
      left.filter((tag) => tag.startsWith('gone')),
      'deletes undone',
    ).toEqual([]);
    expect(
      pushed.filter((tag) => !left.includes(tag)),
      `pushes lost of ${pushed.length}`,
    ).toEqual([]);
    expect(left).toContain('kept');
    expect(left).toHaveLength(pushed.length + 1);
    expect(pushed.length).toBeGreaterThan(20);
    store = await openLayoutStore(directory.path, logged.log);
  }

  test('a writer that replaces index.json by rename loses no push, and no delete is undone', async () => {
    await deleteBeside(async (index, descriptor) => {
      for (;;) {
        const before = statSync(`${layout}/index.json`, { bigint: true });
        await writeFile(`${layout}/.next`, withDescriptor(await index(), descriptor));
        // One synchronous step, as in the store: within one process neither can hit the microseconds of the other.
        // That gap cannot be closed, and it would make this test fail now and then.
        const after = statSync(`${layout}/index.json`, { bigint: true });
        if (before.ino === after.ino && before.mtimeNs === after.mtimeNs)
          return renameSync(`${layout}/.next`, `${layout}/index.json`);
      }
    }, true);
  });

  test('a writer that writes in place, in two halves, loses no push, no delete fails, and none is undone', async () => {
    await deleteBeside(async (index, descriptor) => {
      const text = withDescriptor(await index(), descriptor);
      const file = await open(`${layout}/index.json`, 'w');
      await file.write(text.slice(0, text.length / 2));
      await delay(4);
      await file.write(text.slice(text.length / 2));
      await file.close();
    }, false);
  });
});

test('a delete waits for a writer that has truncated index.json or oci-layout, as skopeo does with both', async () => {
  await writeLayout(layout, ['v1', 'v2', 'v3']);
  for (const [name, tag] of [
    ['index.json', 'v1'],
    ['oci-layout', 'v2'],
  ] as const) {
    const text = await readFile(`${layout}/${name}`, 'utf8');
    await writeFile(`${layout}/${name}`, '');
    await store.close();
    store = await openLayoutStore(directory.path, logged.log);
    const deleting = outcome(store.deleteTag(appTag(tag)));
    await delay(100);
    await writeFile(`${layout}/${name}`, text);
    expect(await deleting, name).toBe('deleted');
  }
  expect(await tagNamesIn(layout)).toEqual(['v3']);
});
