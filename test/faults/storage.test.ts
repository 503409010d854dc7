// A disk that is full, read-only or gone: a delete is done, or is clearly answered that it was not.
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageTag } from '../../server/store.ts';
import { numbered } from '../server/stores/layout/synthetic.ts';
import { expectExample } from '../support/contract.ts';
import { atLength } from '../support/length.ts';
import { ask, requestText, type WireAnswer } from '../support/wire.ts';
import { countByStatus, deleteAll, deletePath, statusOf } from './support/caller.ts';
import { type Repository, tagsOf, writeRepository } from './support/images.ts';
import { type FaultyServer, siteOfEachTest } from './support/server.ts';
import { slowness } from './support/slowness.ts';
import { cannotMount, makeReadOnly, mountSmallDisk } from './support/small-disk.ts';

const site = siteOfEachTest();

/** Max milliseconds for which one request may hold up the others, on a machine of usual speed. */
const MAX_BLOCK_MS = 250;

/** Asks once, on its own connection. */
function deleteOne(server: FaultyServer, image: ImageTag): Promise<WireAnswer> {
  return ask(server.url, requestText(`DELETE ${deletePath(image)}`, { 'X-Auth-Token': server.token }));
}

describe.skipIf(cannotMount())('A delete that cannot be written', { timeout: 120_000 }, () => {
  const BYTES = 2 * 1024 * 1024;
  /** Max bytes that a delete adds to the server's own files. */
  const MAX_STATE_BYTES = 64 * 1024;
  let dataDir: string;
  let unmount: () => Promise<void>;
  let repository: Repository;
  let index: string;
  let first: ImageTag;
  let second: ImageTag;
  let server: FaultyServer;

  beforeEach(async () => {
    dataDir = join(site().directory, 'disk');
    await mkdir(dataDir);
    unmount = await mountSmallDisk(dataDir, BYTES);
    // The index takes more than half of the disk: with a filler, a second one has no room.
    repository = await writeRepository(dataDir, 'app', numbered('tag', 4_500));
    index = join(repository.layout, 'index.json');
    [first, second] = repository.images as [ImageTag, ImageTag];
    server = await site().start({ env: { DATA_DIR: dataDir } });
  });
  afterEach(() => unmount());

  /** @returns how many bytes the disk has room for */
  async function freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(dataDir);
    return bavail * bsize;
  }

  /** Fills the disk but for some bytes. @returns what frees it again */
  async function fill(left: number): Promise<() => Promise<void>> {
    const filler = join(dataDir, 'filler');
    await writeFile(filler, Buffer.alloc(BYTES)).catch(() => undefined);
    await truncate(filler, (await stat(filler)).size - left);
    return () => rm(filler);
  }

  /** Each fault, how to begin and end it, and its reason in the log. */
  const faults: [title: string, begin: () => Promise<() => Promise<void>>, reason: RegExp][] = [
    ['the disk is full', () => fill(0), /ENOSPC/],
    ['the disk has room for a part of the index', () => fill(400_000), /ENOSPC/],
    ['the repository is read-only', () => makeReadOnly(repository.layout), /EROFS/],
  ];

  test.each(faults)(
    'because %s is answered 500, loses nothing, and works again afterwards',
    async (_title, begin, reason) => {
      const before = await readFile(index);
      const freeBefore = await freeBytes();
      const endFault = await begin();
      try {
        const files = await readdir(repository.layout);
        for (const image of [first, second]) expectExample(await deleteOne(server, image), 'storage-failure');
        expect(before.equals(await readFile(index)), 'the index is as it was').toBe(true);
        expect(await readdir(repository.layout), 'a failure leaves nothing behind').toEqual(files);
      } finally {
        await endFault();
      }
      expect(await deleteOne(server, first)).toMatchObject({ status: 204 });
      // The server keeps the replaced index open for a while. Its room is free only after that.
      await expect.poll(freeBytes).toBeGreaterThanOrEqual(freeBefore - MAX_STATE_BYTES);
      // This time the server has the index in memory.
      const endSecond = await begin();
      expectExample(await deleteOne(server, second), 'storage-failure');
      await endSecond();
      const present = await tagsOf(repository.layout);
      expect(repository.images.filter(({ tag }) => !present.has(tag))).toEqual([first]);
      const failures = server.logged('request').filter(({ status }) => status === 500);
      expect(failures.map(({ tag }) => tag)).toEqual([first.tag, second.tag, second.tag]);
      expect(failures.map(({ err }) => (err as Error).message)).toEqual(Array(3).fill(expect.stringMatching(reason)));
    },
  );
});

test('An index.json that comes and goes under load costs no tag: each delete succeeds or is answered 500', {
  timeout: 180_000,
}, async () => {
  const TAGS = atLength(1_000, 10_000);
  const repository = await writeRepository(site().dataDir, 'app', [
    ...numbered('asked', TAGS),
    ...numbered('kept', 100),
  ]);
  const index = join(repository.layout, 'index.json');
  const server = await site().start();
  let isOver = false;
  const removing = (async () => {
    for (let times = 0; !isOver; times += 1) {
      // The renamed file has the deletes up to now.
      await rename(index, `${index}.away`);
      await delay(times % 10);
      await rename(`${index}.away`, index);
      await delay(10 + (times % 20));
    }
  })();
  const deletions = await deleteAll(server, repository.images.slice(0, TAGS), { connections: 16 });
  isOver = true;
  await removing;
  const present = await tagsOf(repository.layout);
  const status = new Map(deletions.map(({ image, ending }) => [image, statusOf(ending)]));
  const undone = repository.images.filter((image) => status.get(image) === 204 && present.has(image.tag));
  const lost = repository.images.filter((image) => status.get(image) !== 204 && !present.has(image.tag));
  const counts = countByStatus(deletions.map(({ ending }) => ending));
  console.info(JSON.stringify(counts));
  expect({ undone, lost }).toEqual({ undone: [], lost: [] });
  expect(Object.keys(counts)).toEqual(['204', '500']);
  const failure = deletions.find(({ ending }) => statusOf(ending) === 500)?.ending;
  expectExample(failure as WireAnswer, 'storage-failure');
});

test('Deletes in an index of 100,000 tags all succeed, lose nothing and hold up no other caller', {
  timeout: 240_000,
}, async () => {
  const { layout, images } = await writeRepository(site().dataDir, 'large', numbered('tag', 100_000));
  const small = await writeRepository(site().dataDir, 'small', ['v1']);
  const server = await site().start();
  // The very first request compiles the checks.
  await deleteOne(server, small.images[0] as ImageTag);
  await server.probe();

  const DELETES = 131;
  const blocks: Record<string, number> = {};
  let slowest = slowness();
  const asked = images.slice(0, DELETES);
  const deleteNext = async (title: string, count: number, connections: number) => {
    const deletions = await deleteAll(server, asked.splice(0, count), { connections });
    expect(countByStatus(deletions.map(({ ending }) => ending)), title).toEqual({ 204: count });
    blocks[title] = (await server.probe()).longestBlockMs;
    slowest = Math.max(slowest, slowness());
  };
  await deleteNext('first', 1, 1);
  await deleteNext('one after another', 5, 1);
  await deleteNext('64 at once', 64, 64);
  // Another program writes: the server reads all of it again and looks for deleted tags.
  await writeFile(join(layout, 'index.json'), await readFile(join(layout, 'index.json')));
  await deleteNext('after a foreign write', 50, 50);
  // A slow copy opened the index before a delete, and writes into the replaced file.
  const copy = await open(join(layout, 'index.json'), 'r+');
  const stale = await copy.readFile();
  await deleteNext('before a late write', 1, 1);
  await copy.write(stale, 0, stale.length, 0);
  await copy.close();
  await deleteNext('after a late write', 10, 10);
  await delay(1_200);
  blocks['sweeps'] = (await server.probe()).longestBlockMs;

  console.info(JSON.stringify({ blocks, slowest, peakMemory: server.peakMemory() }));
  const present = await tagsOf(layout);
  expect(images.filter(({ tag }) => !present.has(tag)).map(({ tag }) => tag)).toEqual(numbered('tag', DELETES));
  expect(Object.entries(blocks).filter(([, milliseconds]) => milliseconds > MAX_BLOCK_MS * slowest)).toEqual([]);
});
