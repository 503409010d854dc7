// Copies that span a delete: what they push is kept, and the deleted tag does not come back. A tag that is pushed again stays.
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { tagNamesIn } from '../../../support/layouts.ts';
import { areMissing, run, temporaryDirectory } from '../../../support/programs.ts';
import {
  age,
  appTag,
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

describe('when a push opened index.json before the delete replaced it', () => {
  async function writeLate(file: FileHandle, text: string): Promise<void> {
    await file.truncate(0);
    await file.write(text, 0);
    await file.close();
  }

  test('the pushed tag is adopted, and the deleted tag stays deleted', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    // skopeo writes back the tags that it has read, formatted anew and without the fields it does not know.
    const known = await readIndex(layout);
    const noted = known.manifests.map((descriptor) => ({ 'x-note': 'kept', ...descriptor }));
    await writeFile(`${layout}/index.json`, JSON.stringify({ ...known, manifests: noted }, undefined, 2));
    const pushed = await writeManifest(layout, 'pushed');
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v1'));
    await writeLate(file, withDescriptor(known, pushed));
    await vi.waitFor(async () => expect((await readIndex(layout)).manifests).toEqual([noted[1], pushed]), {
      timeout: 20_000,
    });
    await delay(600);
    expect(await tagNamesIn(layout)).toEqual(['v2', 'pushed']);
  });

  test('the next delete adopts the pushed tag, and succeeds for its own', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3']);
    const file = await open(`${layout}/index.json`, 'r+');
    const text = withDescriptor(await readIndex(layout), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    await writeLate(file, text);
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('deleted');
    expect(await tagNamesIn(layout)).toEqual(['v3', 'pushed']);
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('tag-not-found');
  });

  test('a tag of an earlier delete that it writes back stays deleted too', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3']);
    await age(layout, 60);
    const slow = withDescriptor(await readIndex(layout), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v2'));
    await writeLate(file, slow);
    await vi.waitFor(async () => expect(await tagNamesIn(layout)).toContain('pushed'), { timeout: 20_000 });
    expect(await tagNamesIn(layout)).toEqual(['v3', 'pushed']);
  });

  test('a copy that had not seen the adopted push does not drop it', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const text = withDescriptor(await readIndex(layout), await writeManifest(layout, 'pushed'));
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v1'));
    const unaware = withDescriptor(await readIndex(layout), await writeManifest(layout, 'next'));
    await writeLate(file, text);
    await vi.waitFor(async () => expect(await tagNamesIn(layout)).toEqual(['v2', 'pushed']), { timeout: 20_000 });
    await writeFile(`${layout}/index.json`, unaware);
    await vi.waitFor(async () => expect((await tagNamesIn(layout)).sort()).toEqual(['next', 'pushed', 'v2']), {
      timeout: 20_000,
    });
    expect(await outcome(store.deleteTag(appTag('pushed')))).toBe('deleted');
    await writeFile(`${layout}/index.json`, unaware);
    await delay(600);
    expect((await tagNamesIn(layout)).sort()).toEqual(['next', 'v2']);
  });

  test('a tag that it moves to a new image is moved', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const moved = await writeManifest(layout, 'v2', { of: 'another' });
    const file = await open(`${layout}/index.json`, 'r+');
    const text = JSON.stringify({
      schemaVersion: 2,
      manifests: [...(await readIndex(layout)).manifests.slice(0, 1), moved],
    });
    await store.deleteTag(appTag('v1'));
    await writeLate(file, text);
    await vi.waitFor(async () => expect((await readIndex(layout)).manifests).toEqual([moved]), { timeout: 20_000 });
  });

  test('deletes are done, and answered so, even if it dies half-way', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3']);
    const file = await open(`${layout}/index.json`, 'r+');
    await store.deleteTag(appTag('v1'));
    await writeLate(file, '{"schemaVersion":2,"mani');
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('deleted');
    expect(await tagNamesIn(layout)).toEqual(['v3']);
    expect(logged.lines.map(({ msg }) => msg)).toContain('cannot adopt what a push wrote into the replaced index');
  });
});

describe('when a copy read the index before a delete and writes it afterwards', () => {
  test('the deleted tag is deleted again within seconds, and the pushed tag stays', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const stale = withDescriptor(await readIndex(layout), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    await delay(30);
    await writeFile(`${layout}/index.json`, stale);
    expect(await tagNamesIn(layout)).toContain('v1');
    await vi.waitFor(async () => expect(await tagNamesIn(layout)).toEqual(['v2', 'pushed']), { timeout: 20_000 });
    // The file is in place before it is durable; the line comes after that.
    await vi.waitFor(() => expect(logged.lines).toContainEqual(expect.objectContaining({ level: 'warn', tag: 'v1' })));
  });

  test('the deleted tags are deleted again before the next delete is answered, however often it comes', async () => {
    await writeLayout(layout, ['v1', 'v2', 'v3', 'v4']);
    await age(layout, 60);
    const stale = await readFile(`${layout}/index.json`, 'utf8');
    for (const [tag, left] of [
      ['v1', 3],
      ['v2', 2],
      ['v3', 1],
    ] as const) {
      expect(await outcome(store.deleteTag(appTag(tag))), tag).toBe('deleted');
      expect(await tagNamesIn(layout)).toHaveLength(left);
      await writeFile(`${layout}/index.json`, stale);
    }
    await vi.waitFor(async () => expect(await tagNamesIn(layout)).toEqual(['v4']), { timeout: 20_000 });
  });

  test('the deleted tag is deleted again when the server stops', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const stale = await readFile(`${layout}/index.json`, 'utf8');
    await store.deleteTag(appTag('v1'));
    await writeFile(`${layout}/index.json`, stale);
    await store.close();
    expect(await tagNamesIn(layout)).toEqual(['v2']);
    store = await openLayoutStore(directory.path, logged.log);
  });

  test('the deleted tag is deleted again in a file that a third writer put there meanwhile', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const stale = withDescriptor(await readIndex(layout), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    await writeFile(`${layout}/.next`, await readFile(`${layout}/index.json`));
    await rename(`${layout}/.next`, `${layout}/index.json`);
    await delay(2_600);
    await writeFile(`${layout}/index.json`, stale);
    await vi.waitFor(async () => expect(await tagNamesIn(layout)).toEqual(['v2', 'pushed']), { timeout: 20_000 });
  });
});

describe('a tag that is pushed again after its delete', () => {
  /** Long enough for several sweeps. */
  const SWEPT_MS = 1_300;

  test('stays if the push is of the same image', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const before = await readIndex(layout);
    await age(layout, 60);
    await store.deleteTag(appTag('v1'));
    await delay(30);
    // A push writes the manifest again, the index in place.
    expect(await writeManifest(layout, 'v1')).toEqual(before.manifests[0]);
    await writeFile(`${layout}/index.json`, JSON.stringify(before));
    await delay(SWEPT_MS);
    expect(await tagNamesIn(layout)).toEqual(['v1', 'v2']);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
  });

  test('stays if the push is of another image whose manifest is old', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const { manifests } = await readIndex(layout);
    await store.deleteTag(appTag('v1'));
    const { digest } = manifests[1] as { digest: string };
    await writeFile(
      `${layout}/index.json`,
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifests[0], digest }, manifests[1]] }),
    );
    await delay(SWEPT_MS);
    expect(await tagNamesIn(layout)).toEqual(['v1', 'v2']);
  });

  test('stays if the old index is renamed back more than 2 s later, whatever its time stamps', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    await run('cp', '-p', `${layout}/index.json`, `${layout}/backup`);
    await store.deleteTag(appTag('v1'));
    await delay(2_200);
    await rename(`${layout}/backup`, `${layout}/index.json`);
    await delay(SWEPT_MS);
    expect(await tagNamesIn(layout)).toEqual(['v1', 'v2']);
  });

  test.skipIf(areMissing('umoci'))('stays if umoci tags the image more than 2 s later', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const { manifests } = await readIndex(layout);
    const same = { ...manifests[0], annotations: { 'org.opencontainers.image.ref.name': 'same' } };
    await writeFile(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: [...manifests, same] }));
    await age(layout, 60);
    await store.deleteTag(appTag('v1'));
    await delay(2_200);
    await run('umoci', 'tag', '--image', `${layout}:same`, 'v1');
    await delay(SWEPT_MS);
    expect((await tagNamesIn(layout)).sort()).toEqual(['same', 'v1', 'v2']);
  });

  describe.skipIf(areMissing('umoci'))('at once by `umoci tag`, which writes no manifest,', () => {
    test.each([
      ['first', ['v1', 'same', 'v2']],
      ['in the middle', ['v2', 'v1', 'same']],
      ['last', ['v2', 'same', 'v1']],
    ])('stays if it was %s in the index', async (_, order) => {
      await writeLayout(layout, ['v1', 'v2']);
      const { manifests } = await readIndex(layout);
      const named = (tag: string) => ({
        ...manifests[tag === 'v2' ? 1 : 0],
        annotations: { 'org.opencontainers.image.ref.name': tag },
      });
      await writeFile(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: order.map(named) }));
      await age(layout, 60);
      await store.deleteTag(appTag('v1'));
      await run('umoci', 'tag', '--image', `${layout}:same`, 'v1');
      await delay(SWEPT_MS);
      expect((await tagNamesIn(layout)).sort()).toEqual(['same', 'v1', 'v2']);
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    });
  });

  test('stays if a program appends it in place, as oras does, without writing its manifest', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    const [first] = (await readIndex(layout)).manifests;
    await age(layout, 60);
    await store.deleteTag(appTag('v1'));
    await writeFile(`${layout}/index.json`, withDescriptor(await readIndex(layout), first as object));
    await delay(SWEPT_MS);
    expect(await tagNamesIn(layout)).toEqual(['v2', 'v1']);
  });

  test('does not stay if an old index has it at its end, with a push behind it', async () => {
    await writeLayout(layout, ['v2', 'v1']);
    await age(layout, 60);
    const stale = withDescriptor(await readIndex(layout), await writeManifest(layout, 'pushed'));
    await store.deleteTag(appTag('v1'));
    await writeFile(`${layout}/.next`, stale);
    await rename(`${layout}/.next`, `${layout}/index.json`);
    await vi.waitFor(async () => expect(await tagNamesIn(layout)).toEqual(['v2', 'pushed']), { timeout: 20_000 });
  });

  test('stays if its file has the inode number of the one that the store wrote', async () => {
    await writeLayout(layout, ['v1', 'v2']);
    await age(layout, 60);
    const old = await readFile(`${layout}/index.json`);
    await store.deleteTag(appTag('v1'));
    await delay(2_600); // by now the store has closed every file
    const { ino } = statSync(`${layout}/index.json`);
    writeFileSync(`${layout}/.next`, '{"schemaVersion":2,"manifests":[]}');
    renameSync(`${layout}/.next`, `${layout}/index.json`);
    // ext4 reuses a free number at once. On a file system that does not, this test proves nothing.
    const candidates = numbered(`${directory.path}/group/candidate`, 2_000);
    const reused = candidates.find((path) => {
      writeFileSync(path, old);
      return statSync(path).ino === ino;
    });
    renameSync(reused ?? `${candidates[0]}`, `${layout}/index.json`);
    await delay(SWEPT_MS);
    expect(await tagNamesIn(layout)).toEqual(['v1', 'v2']);
  });
});
