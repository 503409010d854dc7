// One state of an index.json on disk, and how to tell that somebody else has written since.
import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../../store.ts';
import { type ImageIndex, parseIndex } from './index-file.ts';
import { InvalidJson } from './json-scan.ts';

/** What changes when a file is written or replaced. */
interface Stamp {
  readonly inode: bigint;
  readonly mtimeNs: bigint;
  readonly size: bigint;
}

/** An index as it was read or written. */
export interface IndexVersion {
  readonly index: ImageIndex;
  readonly stamp: Stamp;
  /** Whether a write after this one could leave the same stamp: the clock behind mtime ticks every 4 to 10 ms. */
  readonly racy: boolean;
}

const INDEX_FILE = 'index.json';
/** One writer a repository, so one name is enough, and a crash leaves one file at most, which the next write replaces. */
const NEXT_FILE = '.index.json.swr-tag-delete';

const MAX_INDEX_BYTES = 256 * 1024 * 1024;
const RACY_NS = 20_000_000n;

/** skopeo truncates index.json and writes it in place: a read in between is torn, and the next one is whole. */
const TORN_READS = 25;
const TORN_PAUSE_MS = 20;

/**
 * Reads the index of a layout; torn reads are repeated for half a second.
 * @throws StoreError `invalid-layout`, and what the file system throws (ENOENT)
 */
export async function readVersion(directory: string): Promise<IndexVersion> {
  const file = await open(join(directory, INDEX_FILE), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await readWhole(file, directory);
  } finally {
    await file.close();
  }
}

/** Reads through an open file, so that a file that was replaced meanwhile can still be read. */
async function readWhole(file: FileHandle, directory: string): Promise<IndexVersion> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await stampOf(file);
    if (before.size > MAX_INDEX_BYTES)
      throw new StoreError('invalid-layout', `${directory}: index.json is larger than ${MAX_INDEX_BYTES} bytes`);
    const bytes = await readAll(file, Number(before.size));
    try {
      const index = await parseIndex(bytes);
      const stamp = await stampOf(file);
      if (isSame(before, stamp)) return { index, stamp, racy: isRecent(stamp) };
    } catch (error) {
      if (!(error instanceof InvalidJson)) throw error;
      if (attempt === TORN_READS)
        throw new StoreError('invalid-layout', `${directory}: index.json: ${error.message}`, { cause: error });
    }
    await delay(TORN_PAUSE_MS);
  }
}

async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** Whether the index on disk is still this version. */
export async function isUnchanged(directory: string, version: IndexVersion): Promise<boolean> {
  const file = await open(join(directory, INDEX_FILE), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await isUnchangedFile(file, version);
  } finally {
    await file.close();
  }
}

async function isUnchangedFile(file: FileHandle, { stamp, racy, index }: IndexVersion): Promise<boolean> {
  if (!isSame(await stampOf(file), stamp)) return false;
  return !racy || (await readAll(file, Number(stamp.size))).equals(index.bytes);
}

/** What became of an attempt to replace the index. */
export type Replacement =
  | { readonly outcome: 'replaced'; readonly version: IndexVersion; readonly replaced: ReplacedFile }
  | { readonly outcome: 'changed-meanwhile' };

/**
 * Puts a new index in place of a version, unless somebody else has written meanwhile. The new one is durable when this
 * resolves: file and directory are synced, and the file keeps mode and owner.
 */
export async function replaceVersion(directory: string, old: IndexVersion, index: ImageIndex): Promise<Replacement> {
  const oldFile = await open(join(directory, INDEX_FILE), constants.O_RDONLY | constants.O_NOFOLLOW);
  const nextPath = join(directory, NEXT_FILE);
  let replaced = false;
  try {
    const version = await writeNext(nextPath, oldFile, index);
    if (!(await isUnchangedFile(oldFile, old))) return { outcome: 'changed-meanwhile' };
    await rename(nextPath, join(directory, INDEX_FILE));
    replaced = true;
    await syncDirectory(directory);
    return { outcome: 'replaced', version, replaced: new ReplacedFile(directory, oldFile, old) };
  } catch (error) {
    if (replaced) await oldFile.close();
    throw error;
  } finally {
    if (!replaced) await Promise.allSettled([oldFile.close(), unlink(nextPath)]);
  }
}

async function writeNext(path: string, like: FileHandle, index: ImageIndex): Promise<IndexVersion> {
  const { mode, uid, gid } = await like.stat();
  await unlink(path).catch(() => undefined);
  const file = await open(path, 'wx', mode & 0o7777);
  try {
    await file.chmod(mode & 0o7777);
    // Only root may give files away; for everybody else the owner is right already, or cannot be kept.
    await file.chown(uid, gid).catch(() => undefined);
    await file.writeFile(index.bytes);
    await file.sync();
    return { index, stamp: await stampOf(file), racy: true };
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * An index that was replaced and is still open. A writer that had opened it before the rename writes into it, unseen by
 * everybody else: what it wrote can be read here and is not lost.
 */
export class ReplacedFile {
  readonly #directory: string;
  readonly #file: FileHandle;
  #last: IndexVersion;

  constructor(directory: string, file: FileHandle, last: IndexVersion) {
    this.#directory = directory;
    this.#file = file;
    this.#last = last;
  }

  /** The descriptors that were written into it after it was replaced, byte for byte; and those it had by then. */
  async lateWrites(): Promise<readonly Buffer[]> {
    const before = this.#last;
    if (await isUnchangedFile(this.#file, before)) return [];
    this.#last = await readWhole(this.#file, this.#directory);
    const known = new Set(
      before.index.descriptors.map((one) => before.index.bytes.toString('latin1', one.start, one.end)),
    );
    const { bytes, descriptors } = this.#last.index;
    return descriptors
      .map((one) => bytes.subarray(one.start, one.end))
      .filter((piece) => !known.has(piece.toString('latin1')));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function stampOf(file: FileHandle): Promise<Stamp> {
  const { ino, mtimeNs, size } = await file.stat({ bigint: true });
  return { inode: ino, mtimeNs, size };
}

function isSame(one: Stamp, other: Stamp): boolean {
  return one.inode === other.inode && one.mtimeNs === other.mtimeNs && one.size === other.size;
}

function isRecent({ mtimeNs }: Stamp): boolean {
  const ageNs = BigInt(Date.now()) * 1_000_000n - mtimeNs;
  return ageNs < RACY_NS;
}
