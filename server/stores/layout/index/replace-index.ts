// Replaces one version of index.json by the next, durably, unless another program has written meanwhile.
import { constants, lstatSync, renameSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageIndex } from './image-index.ts';
import { confirmFile, INDEX_FILE, type IndexVersion, openIndex } from './index-version.ts';
import { isSame, type Stamp, stampOf } from './stamp.ts';

/** The new index until it is renamed. A repository has one writer, so a crash leaves one such file; the next write replaces it. */
const NEXT_FILE = '.index.json.swr-tag-delete';

/** The new index is in place. */
export interface Replaced {
  readonly version: IndexVersion;
  /** The old file, still open. The caller closes it. */
  readonly oldFile: FileHandle;
  /** Why a crash of the machine may lose the new index. undefined if it is durable. */
  readonly unsynced: Error | undefined;
}

/**
 * Puts a new index in place of a version. The new one is durable when this resolves: file and directory are synced.
 * The file keeps mode and owner. Nothing is thrown once the new index is in place.
 * @returns undefined if another program has written meanwhile
 */
export async function replaceVersion(
  directory: string,
  old: IndexVersion,
  index: ImageIndex,
): Promise<Replaced | undefined> {
  const oldFile = await openIndex(directory);
  const nextPath = join(directory, NEXT_FILE);
  let isInPlace = false;
  let folder: FileHandle | undefined;
  try {
    // Opened before anything changes: afterwards the process may have run out of descriptors.
    folder = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    const version = await writeNext(nextPath, oldFile, index);
    if ((await confirmFile(oldFile, old)) === undefined) return undefined;
    isInPlace = renameOver(nextPath, join(directory, INDEX_FILE), old.stamp);
    if (!isInPlace) return undefined;
    const unsynced = await folder.sync().then(
      () => undefined,
      (error: Error) => error,
    );
    return { version, oldFile, unsynced };
  } finally {
    const rest = isInPlace ? [] : [oldFile.close(), unlink(nextPath)];
    await Promise.allSettled([folder?.close(), ...rest]);
  }
}

/**
 * Renames if the target is still the expected file. The open file cannot tell: it stays as it is when another takes its
 * name. Synchronous, so that only microseconds, not a turn of the event loop, lie between the two calls: a program that
 * replaces the file within them is not noticed.
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
    // Only root may give files away. For any other user the owner is right already or cannot be kept.
    await file.chown(uid, gid).catch(() => undefined);
    await file.writeFile(index.bytes);
    await file.sync();
    return { index, stamp: await stampOf(file), racy: true };
  } finally {
    await file.close();
  }
}
