// One state of index.json on disk, and whether another program has written since.
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../../store.ts';
import { InvalidJson } from '../files/json-scan.ts';
import { holds, openRegularFile, readAll } from '../files/regular-file.ts';
import { untilWhole } from '../files/torn-read.ts';
import { type ImageIndex, parseIndex } from './image-index.ts';
import { isRecent, isSame, isUntouched as isUntouchedSince, type Stamp, stampOf } from './stamp.ts';

/** An index as it was read or written. */
export interface IndexVersion {
  readonly index: ImageIndex;
  readonly stamp: Stamp;
  /** Whether a later write could leave the same stamp, because the file was only just changed. Then bytes are compared. */
  readonly racy: boolean;
  /** Whether the file is known to have a mode and an owner and no other attributes: no ACL, for example. */
  readonly isPlain: boolean;
}

export const INDEX_FILE = 'index.json';

/** Largest index.json that is read, in bytes. */
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/**
 * Reads the index of a layout. A read that meets a half-written file is repeated for half a second.
 * @throws StoreError `invalid-layout`; errors of the file system (ENOENT)
 */
export async function readVersion(directory: string): Promise<IndexVersion> {
  const file = await openIndex(directory);
  try {
    return await readWhole(file, directory);
  } finally {
    await file.close();
  }
}

/** @throws StoreError `invalid-layout` if it is not a regular file; errors of the file system */
export function openIndex(directory: string): Promise<FileHandle> {
  return openRegularFile(join(directory, INDEX_FILE));
}

/** Reads through an open file, even if another file has taken its name. @throws StoreError `invalid-layout` */
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
  const racy = isRecent(stamp); // before the read: parsing may take longer than a tick of the clock
  if (stamp.size > MAX_INDEX_BYTES)
    throw new StoreError('invalid-layout', `${directory}: index.json is larger than ${MAX_INDEX_BYTES} bytes`);
  const index = await parseIndex(await readAll(file, Number(stamp.size)));
  if (!isUntouchedSince(stamp, await stampOf(file))) throw new InvalidJson('was written while it was read');
  return { index, stamp, racy, isPlain: false };
}

/**
 * Compares index.json with a version. If only ctime has changed, the bytes decide: a rename, a chmod or a link changes it
 * as well as a write after which mtime was set back.
 * @returns undefined if it has changed; else the version, no longer racy if the clock has moved on
 */
export async function confirmVersion(directory: string, version: IndexVersion): Promise<IndexVersion | undefined> {
  const file = await openIndex(directory);
  try {
    return await confirmFile(file, version);
  } finally {
    await file.close();
  }
}

/** Compares an open file with a version, even if another file has taken its name. @returns as `confirmVersion` */
export async function confirmFile(file: FileHandle, version: IndexVersion): Promise<IndexVersion | undefined> {
  const { stamp, racy, index } = version;
  const now = await stampOf(file);
  const isStillRacy = isRecent(now); // before the read, as above
  if (!isSame(now, stamp)) return undefined;
  const isUntouched = now.ctimeNs === stamp.ctimeNs;
  if (!racy && isUntouched) return version;
  if (!(await holds(file, index.bytes))) return undefined;
  return { index, stamp: now, racy: isStillRacy, isPlain: version.isPlain && isUntouched };
}
