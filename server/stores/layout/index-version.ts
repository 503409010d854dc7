// One state of an index.json on disk, and how to tell that somebody else has written since.
import { constants, lstatSync, renameSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../store.ts';
import { type Descriptor, type ImageIndex, parseIndex } from './index-file.ts';
import { InvalidJson } from './json-scan.ts';
import { untilWhole } from './torn-read.ts';

/** What changes when a file is written or replaced. */
export interface Stamp {
  readonly ino: bigint;
  /** Tells two files of one inode number apart: ext4 gives a number away again at once. 0 where it is not known. */
  readonly birthtimeNs: bigint;
  readonly mtimeNs: bigint;
  /** Also when a file was renamed to where it is, whatever mtime it brought along. Our own renames change it too. */
  readonly ctimeNs: bigint;
  readonly size: bigint;
}

/** An index as it was read or written. */
export interface IndexVersion {
  readonly index: ImageIndex;
  readonly stamp: Stamp;
  /**
   * Whether a write after this one could leave the same stamp: the clock behind mtime ticks every 4 to 10 ms. The bytes
   * are compared then; false once they were the same after the clock had moved on.
   */
  racy: boolean;
}

const INDEX_FILE = 'index.json';
/** One writer a repository, so one name is enough, and a crash leaves one file at most, which the next write replaces. */
const NEXT_FILE = '.index.json.swr-tag-delete';

const MAX_INDEX_BYTES = 256 * 1024 * 1024;
const RACY_NS = 20_000_000n;

/**
 * Reads the index of a layout; torn reads are repeated for half a second.
 * @throws StoreError `invalid-layout`, and what the file system throws (ENOENT)
 */
export async function readVersion(directory: string): Promise<IndexVersion> {
  const file = await openIndex(directory);
  try {
    return await readWhole(file, directory);
  } finally {
    await file.close();
  }
}

/** O_NONBLOCK: opening a pipe would wait for its writer, and hold one of the few threads meanwhile. */
async function openIndex(directory: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(join(directory, INDEX_FILE), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new StoreError('invalid-layout', `${directory}: index.json is not a file`);
}

/** Reads through an open file, so that a file that was replaced meanwhile can still be read. */
async function readWhole(file: FileHandle, directory: string): Promise<IndexVersion> {
  try {
    return await untilWhole(() => readOnce(file, directory));
  } catch (error) {
    if (!(error instanceof InvalidJson)) throw error;
    throw new StoreError('invalid-layout', `${directory}: index.json: ${error.message}`, { cause: error });
  }
}

async function readOnce(file: FileHandle, directory: string): Promise<IndexVersion> {
  const stamp = await stampOf(file);
  const racy = isRecent(stamp); // asked before the read: parsing may take longer than the clock's tick
  if (stamp.size > MAX_INDEX_BYTES)
    throw new StoreError('invalid-layout', `${directory}: index.json is larger than ${MAX_INDEX_BYTES} bytes`);
  const index = await parseIndex(await readAll(file, Number(stamp.size)));
  if (!isSame(stamp, await stampOf(file))) throw new InvalidJson('was written while it was read');
  return { index, stamp, racy };
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
  const file = await openIndex(directory);
  try {
    return await isUnchangedFile(file, version);
  } finally {
    await file.close();
  }
}

async function isUnchangedFile(file: FileHandle, version: IndexVersion): Promise<boolean> {
  const { stamp, racy, index } = version;
  const clockHasMovedOn = !isRecent(stamp);
  if (!isSame(await stampOf(file), stamp)) return false;
  if (!racy) return true;
  if (!(await readAll(file, Number(stamp.size))).equals(index.bytes)) return false;
  version.racy = !clockHasMovedOn;
  return true;
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
  const oldFile = await openIndex(directory);
  const nextPath = join(directory, NEXT_FILE);
  let replaced = false;
  try {
    const version = await writeNext(nextPath, oldFile, index);
    if (!(await isUnchangedFile(oldFile, old))) return { outcome: 'changed-meanwhile' };
    replaced = renameOver(nextPath, join(directory, INDEX_FILE), old.stamp);
    if (!replaced) return { outcome: 'changed-meanwhile' };
    await syncDirectory(directory);
    return { outcome: 'replaced', version, replaced: new ReplacedFile(directory, oldFile, old) };
  } catch (error) {
    if (replaced) await oldFile.close();
    throw error;
  } finally {
    if (!replaced) await Promise.allSettled([oldFile.close(), unlink(nextPath)]);
  }
}

/**
 * Renames if the target is still the same file: the open one stays as it is when somebody puts another in its place.
 * Synchronous, because whoever replaces the file between the two calls is not noticed: microseconds, not a turn.
 */
function renameOver(from: string, to: string, expected: Stamp): boolean {
  if (!isSame(lstatSync(to, { bigint: true }), expected)) return false;
  renameSync(from, to);
  return true;
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

  /**
   * What was written into it since it was replaced, or since it was asked last. Tags and digests are compared, not
   * bytes: a writer spells the descriptors that it has read anew.
   */
  async lateWrites(): Promise<{ readonly bytes: Buffer; readonly descriptors: readonly Descriptor[] }> {
    const before = this.#last;
    if (await isUnchangedFile(this.#file, before)) return { bytes: before.index.bytes, descriptors: [] };
    this.#last = await readWhole(this.#file, this.#directory);
    const known = new Set(before.index.descriptors.map(identity));
    const { bytes, descriptors } = this.#last.index;
    return { bytes, descriptors: descriptors.filter((descriptor) => !known.has(identity(descriptor))) };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function identity({ refName, digest }: Descriptor): string {
  return JSON.stringify([refName, digest]);
}

function stampOf(file: FileHandle): Promise<Stamp> {
  return file.stat({ bigint: true });
}

function isSame(one: Stamp, other: Stamp): boolean {
  return isSameFile(one, other) && one.mtimeNs === other.mtimeNs && one.size === other.size;
}

/** Whether it is one file, however its content has changed. */
export function isSameFile(one: Stamp, other: Stamp): boolean {
  return one.ino === other.ino && one.birthtimeNs === other.birthtimeNs;
}

function isRecent({ mtimeNs }: Stamp): boolean {
  const ageNs = BigInt(Date.now()) * 1_000_000n - mtimeNs;
  return ageNs < RACY_NS;
}
