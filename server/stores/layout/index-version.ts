// One state of an index.json on disk, and how to tell that somebody else has written since.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../store.ts';
import { type ImageIndex, parseIndex } from './index-file.ts';
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

export const INDEX_FILE = 'index.json';

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
export async function openIndex(directory: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(join(directory, INDEX_FILE), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new StoreError('invalid-layout', `${directory}: index.json is not a file`);
}

/** Reads through an open file, so that a file that was replaced meanwhile can still be read. */
export async function readWhole(file: FileHandle, directory: string): Promise<IndexVersion> {
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

/** The same of an open file, wherever its name points by now. */
export async function isUnchangedFile(file: FileHandle, version: IndexVersion): Promise<boolean> {
  const { stamp, racy, index } = version;
  const clockHasMovedOn = !isRecent(stamp);
  if (!isSame(await stampOf(file), stamp)) return false;
  if (!racy) return true;
  if (!(await readAll(file, Number(stamp.size))).equals(index.bytes)) return false;
  version.racy = !clockHasMovedOn;
  return true;
}

export function stampOf(file: FileHandle): Promise<Stamp> {
  return file.stat({ bigint: true });
}

export function isSame(one: Stamp, other: Stamp): boolean {
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
