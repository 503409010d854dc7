// Replaces one version of index.json by the next, durably, unless another program has written meanwhile.
import { constants, lstatSync, renameSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageIndex } from './image-index.ts';
import { confirmFile, INDEX_FILE, type IndexVersion, openIndex } from './index-version.ts';
import type { NextFile } from './next-file.ts';
import { isSame, isUntouched, type Stamp, stampOf } from './stamp.ts';

/** The new index is in place. */
export interface Replaced {
  readonly version: IndexVersion;
  /** The old file, still open, and what it held when it was replaced. The caller closes it. */
  readonly oldFile: FileHandle;
  readonly oldVersion: IndexVersion;
  /** Why a crash of the machine may lose the new index. undefined if it is durable. */
  readonly unsynced: Error | undefined;
}

/**
 * Puts a new index in place of a version. The new one is durable when this resolves: file and directory are synced.
 * The file keeps mode, owner, ACLs and extended attributes. Nothing is thrown once the new index is in place.
 * @returns undefined if another program has written meanwhile
 */
export async function replaceVersion(
  directory: string,
  old: IndexVersion,
  index: ImageIndex,
  next: NextFile,
): Promise<Replaced | undefined> {
  const oldFile = await openIndex(directory);
  let isInPlace = false;
  let folder: FileHandle | undefined;
  try {
    // Opened before anything changes: afterwards the process may have run out of descriptors.
    folder = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    await next.fill(oldFile, old, index.bytes);
    const confirmed = await confirmFile(oldFile, old);
    if (confirmed === undefined) return undefined;
    isInPlace = renameOver(next.path, join(directory, INDEX_FILE), confirmed.stamp);
    if (!isInPlace) return undefined;
    const version = { index, ...(await next.release()), racy: true };
    const unsynced = await folder.sync().then(
      () => undefined,
      (error: Error) => error,
    );
    return { version, oldFile, oldVersion: await restamped(oldFile, confirmed), unsynced };
  } finally {
    await Promise.allSettled([folder?.close(), isInPlace ? undefined : oldFile.close()]);
  }
}

/**
 * Renames if the target is still the expected file. The open file cannot tell: it stays as it is when another takes its
 * name. Synchronous, so that only microseconds, not a turn of the event loop, lie between the two calls: a program that
 * replaces the file within them is not noticed.
 */
function renameOver(from: string, to: string, expected: Stamp): boolean {
  if (!isUntouched(lstatSync(to, { bigint: true }), expected)) return false;
  renameSync(from, to);
  return true;
}

/** Takes the old file's new ctime: the replacement has changed it, and no write. */
async function restamped(file: FileHandle, version: IndexVersion): Promise<IndexVersion> {
  const stamp = await stampOf(file).catch(() => version.stamp);
  return isSame(stamp, version.stamp) ? { ...version, stamp } : version;
}
