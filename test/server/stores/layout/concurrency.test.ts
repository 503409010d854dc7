// Deletes beside deletes, and beside writers that know of no lock: nothing is lost, and nothing comes back.
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { tagsIn } from '../../../support/layouts.ts';
import { areMissing, run, temporaryDirectory } from '../../../support/programs.ts';
import { age, appTag, numbered, outcome, recordedLog, writeLayout, writeManifest } from './synthetic.ts';

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

interface Index {
  readonly manifests: object[];
}

async function tags(): Promise<string[]> {
  return (await tagsIn(layout)).map(([tag]) => tag);
}

async function readIndex(): Promise<Index> {
  return JSON.parse(await readFile(`${layout}/index.json`, 'utf8')) as Index;
}

/** As skopeo spells it: compact, whatever it has read. */
function withDescriptor(index: Index, descriptor: object): string {
  return JSON.stringify({ ...index, manifests: [...index.manifests, descriptor] });
}

/** Counts how often another file became index.json, by looking all the time: at least so many. */
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

describe('deletes beside deletes', () => {
  test('of 20 deletes of one tag exactly one does it', async () => {
    const others = numbered('other', 5);
    await writeLayout(layout, ['v1', 'v2', ...others]);
    // Behind others, so that they wait together and are committed together.
    const before = others.map((tag) => store.deleteTag(appTag(tag)));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(store.deleteTag(appTag('v1')))));
    await Promise.all(before);
    expect(outcomes.filter((one) => one === 'deleted')).toHaveLength(1);
    expect(outcomes.filter((one) => one === 'tag-not-found')).toHaveLength(19);
    expect(await tags()).toEqual(['v2']);
  });

  test('200 deletes that come at once are committed together', async () => {
    const [gone, kept] = [numbered('gone', 200), numbered('kept', 50)];
    await writeLayout(layout, [...gone, ...kept].sort());
    const replacements = await countReplacements(() => Promise.all(gone.map((tag) => store.deleteTag(appTag(tag)))));
    expect(replacements).toBeGreaterThan(0);
    expect(replacements).toBeLessThan(10);
    expect(await tags()).toEqual([...kept].sort());
  });

  test('beyond the bound of waiting deletes a further one is busy, and none of the others is lost', async () => {
    const gone = numbered('gone', 1_200);
    await writeLayout(layout, [...gone, 'kept']);
    const outcomes = await Promise.all(gone.map((tag) => outcome(store.deleteTag(appTag(tag)))));
    const busy = gone.filter((_, position) => outcomes[position] === 'busy');
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.length).toBeLessThan(200);
    expect(outcomes.filter((one) => one === 'deleted')).toHaveLength(gone.length - busy.length);
    expect(await tags()).toEqual([...busy, 'kept']);
    expect(await Promise.all(busy.map((tag) => outcome(store.deleteTag(appTag(tag)))))).toEqual(
      busy.map(() => 'deleted'),
    );
    expect(await tags()).toEqual(['kept']);
  });

  test('two names of one repository do not commit beside each other', async () => {
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
    expect(await tags()).toEqual(['kept']);
    expect(logged.lines).toEqual([]);
  });

  test('deletes that follow on failed ones at once do not commit beside each other', async () => {
    const gone = numbered('gone', 100);
    await writeLayout(layout, [...gone, 'kept']);
    for (let from = 0; from < gone.length; from += 2) {
      const fresh = `${layout}-${from}`;
      await writeLayout(fresh, ['a', 'b', 'kept']);
      const of = (tag: string) => ({ namespace: 'group', repository: `app-${from}`, tag });
      // Both fail in one commit; each is followed by a delete in the very next step.
      await Promise.all(
        ['a', 'b'].map((tag) => outcome(store.deleteTag(of(`no-${tag}`))).then(() => store.deleteTag(of(tag)))),
      );
      expect((await tagsIn(fresh)).map(([tag]) => tag)).toEqual(['kept']);
    }
  });

  test('repositories do not wait for each other', async () => {
    await writeLayout(layout, ['v1']);
    await writeLayout(`${directory.path}/group/broken`, ['v1']);
    await writeFile(`${directory.path}/group/broken/index.json`, '{');
    const broken = outcome(store.deleteTag({ namespace: 'group', repository: 'broken', tag: 'v1' }));
    const first = await Promise.race([broken, outcome(store.deleteTag(appTag('v1')))]);
    expect(first).toBe('deleted');
    expect(await broken).toBe('invalid-layout');
  });
});

describe('deletes beside a writer', () => {
  /** Pushes fresh tags one after another with `put` while all of `gone` are deleted. */
  async function deleteBeside(put: (index: () => Promise<Index>, descriptor: object) => Promise<void>): Promise<void> {
    const gone = numbered('gone', 200);
    const pushed: string[] = [];
    await writeLayout(layout, [...gone, 'kept']);
    let isDeleting = true;
    const pushing = (async () => {
      while (isDeleting) {
        const tag = `pushed-${pushed.length}`;
        await put(readIndex, await writeManifest(layout, tag));
        pushed.push(tag);
        await delay(5 + Math.random() * 10);
      }
    })();
    const results: string[] = [];
    const deleting = async () => {
      for (let tag = gone[results.length]; tag !== undefined; tag = gone[results.length]) {
        results.push(tag);
        expect(await outcome(store.deleteTag(appTag(tag))), tag).toBe('deleted');
        await delay(5);
      }
    };
    await Promise.all(Array.from({ length: 3 }, deleting)).finally(() => {
      isDeleting = false;
    });
    await pushing;
    await store.close();
    const left = await tags();
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

  test('that replaces index.json by rename: no addition is lost, no delete undone', async () => {
    await deleteBeside(async (index, descriptor) => {
      for (;;) {
        const before = statSync(`${layout}/index.json`, { bigint: true });
        await writeFile(`${layout}/.next`, withDescriptor(await index(), descriptor));
        // As one step, and the store does the same: in one process neither can hit the microseconds of the other,
        // which nobody can close, and which would make this test fail now and then.
        const after = statSync(`${layout}/index.json`, { bigint: true });
        if (before.ino === after.ino && before.mtimeNs === after.mtimeNs)
          return renameSync(`${layout}/.next`, `${layout}/index.json`);
      }
    });
  });

  test('that writes in place, in two halves: no read fails, no addition is lost, no delete undone', async () => {
    await deleteBeside(async (index, descriptor) => {
      const text = withDescriptor(await index(), descriptor);
      const file = await open(`${layout}/index.json`, 'w');
      await file.write(text.slice(0, text.length / 2));
      await delay(4);
      await file.write(text.slice(text.length / 2));
      await file.close();
    });
  });
});

test('a delete waits for a writer that has truncated index.json or oci-layout: skopeo writes both anew', async () => {
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
  expect(await tags()).toEqual(['v3']);
});

describe('a writer that opened index.json before the delete replaced it', () => {
  async function writeLate(file: FileHandle, text: string): Promise<void> {
    await file.truncate(0);
    await file.write(text, 0);
    await file.close();
  }

  test('and writes afterwards: what it pushed is taken over, and the delete stays', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    // skopeo writes back the tags that it has read, in other bytes and without what it does not know.
    const known = await readIndex();
    const noted = known.manifests.map((descriptor) => ({ 'x-note': 'kept', ...descriptor }));
    await writeFile(`${layout}/index.json`, JSON.stringify({ ...known, manifests: noted }, undefined, 2));
    const pushed = await writeManifest(layout, 'pushed');
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v1'));
    await writeLate(file, withDescriptor(known, pushed));
    await vi.waitFor(async () => expect((await readIndex()).manifests).toEqual([noted[1], pushed]), {
      timeout: 20_000,
    });
    await delay(600);
    expect(await tags()).toEqual(['v2', 'pushed']);
  });

  test('and is noticed by the next delete, which succeeds for its own tag', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3']);
    const file = await open(`${layout}/index.json`, 'r+');
    const text = withDescriptor(await readIndex(), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    await writeLate(file, text);
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('deleted');
    expect(await tags()).toEqual(['v3', 'pushed']);
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('tag-not-found');
  });

  test('with what it had read before an earlier delete: that stays deleted too', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3']);
    await age(layout, 60);
    const slow = withDescriptor(await readIndex(), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v2'));
    await writeLate(file, slow);
    await vi.waitFor(async () => expect(await tags()).toContain('pushed'), { timeout: 20_000 });
    expect(await tags()).toEqual(['v3', 'pushed']);
  });

  test('and whose push was taken over: a copy that had not seen it does not drop it', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const text = withDescriptor(await readIndex(), await writeManifest(layout, 'pushed'));
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v1'));
    const unaware = withDescriptor(await readIndex(), await writeManifest(layout, 'next'));
    await writeLate(file, text);
    await vi.waitFor(async () => expect(await tags()).toEqual(['v2', 'pushed']), { timeout: 20_000 });
    await writeFile(`${layout}/index.json`, unaware);
    await vi.waitFor(async () => expect((await tags()).sort()).toEqual(['next', 'pushed', 'v2']), { timeout: 20_000 });
    expect(await outcome(store.deleteTag(appTag('pushed')))).toBe('deleted');
    await writeFile(`${layout}/index.json`, unaware);
    await delay(600);
    expect((await tags()).sort()).toEqual(['next', 'v2']);
  });

  test('with a new image for a tag: the tag moves', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const moved = await writeManifest(layout, 'v2', { of: 'another' });
    const file = await open(`${layout}/index.json`, 'r+');
    const text = JSON.stringify({ schemaVersion: 2, manifests: [...(await readIndex()).manifests.slice(0, 1), moved] });
    await store.deleteTag(appTag('v1'));
    await writeLate(file, text);
    await vi.waitFor(async () => expect((await readIndex()).manifests).toEqual([moved]), { timeout: 20_000 });
  });

  test('and dies half-way: the deletes are done and say so', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3']);
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v1'));
    await writeLate(file, '{"schemaVersion":2,"mani');
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('deleted');
    expect(await tags()).toEqual(['v3']);
    expect(logged.lines.map(({ msg }) => msg)).toContain(
      'could not take over what a push had written into the replaced index',
    );
  });
});

describe('a copy that read the index before a delete and writes it afterwards', () => {
  test('brings the tag back for a moment only, and what it pushed stays', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const stale = withDescriptor(await readIndex(), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    await delay(30);
    await writeFile(`${layout}/index.json`, stale);
    expect(await tags()).toContain('v1');
    await vi.waitFor(async () => expect(await tags()).toEqual(['v2', 'pushed']), { timeout: 20_000 });
    expect(logged.lines).toContainEqual(expect.objectContaining({ level: 40, tag: 'v1' }));
  });

  test('is undone before the next delete is answered, and again however often it comes', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3', 'v4']);
    await age(layout, 60);
    const stale = await readFile(`${layout}/index.json`, 'utf8');
    for (const [tag, left] of [
      ['v1', 3],
      ['v2', 2],
      ['v3', 1],
    ] as const) {
      expect(await outcome(store.deleteTag(appTag(tag))), tag).toBe('deleted');
      expect(await tags()).toHaveLength(left);
      await writeFile(`${layout}/index.json`, stale);
    }
    await vi.waitFor(async () => expect(await tags()).toEqual(['v4']), { timeout: 20_000 });
  });

  test('is undone when the server stops, too', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const stale = await readFile(`${layout}/index.json`, 'utf8');
    await store.deleteTag(appTag('v1'));
    await writeFile(`${layout}/index.json`, stale);
    await store.close();
    expect(await tags()).toEqual(['v2']);
    store = await openLayoutStore(directory.path, logged.log);
  });

  test('is undone as well in a file that another writer put there meanwhile', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const stale = withDescriptor(await readIndex(), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    await writeFile(`${layout}/.next`, await readFile(`${layout}/index.json`));
    await rename(`${layout}/.next`, `${layout}/index.json`);
    await delay(2_600);
    await writeFile(`${layout}/index.json`, stale);
    await vi.waitFor(async () => expect(await tags()).toEqual(['v2', 'pushed']), { timeout: 20_000 });
  });
});

describe('a tag that is wanted again after its delete', () => {
  /** Long enough for several sweeps. */
  const SWEPT_MS = 1_300;

  test('stays when it is pushed anew, with the same image too', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const before = await readIndex();
    await age(layout, 60);
    await store.deleteTag(appTag('v1'));
    await delay(30);
    // A push writes the manifest again, the index in place.
    expect(await writeManifest(layout, 'v1')).toEqual(before.manifests[0]);
    await writeFile(`${layout}/index.json`, JSON.stringify(before));
    await delay(SWEPT_MS);
    expect(await tags()).toEqual(['v1', 'v2']);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
  });

  test('stays when it is pushed with another image, whose manifest is old', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const { manifests } = await readIndex();
    await store.deleteTag(appTag('v1'));
    const { digest } = manifests[1] as { digest: string };
    await writeFile(
      `${layout}/index.json`,
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifests[0], digest }, manifests[1]] }),
    );
    await delay(SWEPT_MS);
    expect(await tags()).toEqual(['v1', 'v2']);
  });

  test('stays when the old index is put back more than 2 s later, whatever time stamps it brings along', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    await run('cp', '-p', `${layout}/index.json`, `${layout}/backup`);
    await store.deleteTag(appTag('v1'));
    await delay(2_200);
    await rename(`${layout}/backup`, `${layout}/index.json`);
    await delay(SWEPT_MS);
    expect(await tags()).toEqual(['v1', 'v2']);
  });

  test.skipIf(areMissing('umoci'))('stays when umoci tags the image more than 2 s later', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const { manifests } = await readIndex();
    const same = { ...manifests[0], annotations: { 'org.opencontainers.image.ref.name': 'same' } };
    await writeFile(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: [...manifests, same] }));
    await age(layout, 60);
    await store.deleteTag(appTag('v1'));
    await delay(2_200);
    await run('umoci', 'tag', '--image', `${layout}:same`, 'v1');
    await delay(SWEPT_MS);
    expect((await tags()).sort()).toEqual(['same', 'v1', 'v2']);
  });

  test('stays when the file that holds it has the inode number of the one that the store wrote', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const old = await readFile(`${layout}/index.json`);
    await store.deleteTag(appTag('v1'));
    await delay(2_600); // the store has let go of every file
    const { ino } = statSync(`${layout}/index.json`);
    writeFileSync(`${layout}/.next`, '{"schemaVersion":2,"manifests":[]}');
    renameSync(`${layout}/.next`, `${layout}/index.json`);
    // ext4 gives a number that is free again away at once; where that does not happen this test proves nothing.
    const candidates = numbered(`${directory.path}/group/candidate`, 2_000);
    const reused = candidates.find((path) => {
      writeFileSync(path, old);
      return statSync(path).ino === ino;
    });
    renameSync(reused ?? `${candidates[0]}`, `${layout}/index.json`);
    await delay(SWEPT_MS);
    expect(await tags()).toEqual(['v1', 'v2']);
  });
});
