// One durable step from a version of the index to the next, unless somebody else has made a step of his own.
import { constants, lstatSync, renameSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageIndex } from './index-file.ts';
import {
  INDEX_FILE,
  type IndexVersion,
  isSame,
  isUnchangedFile,
  openIndex,
  type Stamp,
  stampOf,
} from './index-version.ts';
import { ReplacedFile } from './replaced-file.ts';

/** One writer a repository, so one name is enough, and a crash leaves one file at most, which the next write replaces. */
const NEXT_FILE = '.index.json.swr-tag-delete';

/** What became of an attempt to replace the index. */
export type Replacement =
  | {
      readonly outcome: 'replaced';
      readonly version: IndexVersion;
      readonly replaced: ReplacedFile;
      /** Why the new one may be lost in a crash of the machine; undefined where it cannot. */
      readonly unsynced: Error | undefined;
    }
  | { readonly outcome: 'changed-meanwhile' };

/**
 * Puts a new index in place of a version, unless somebody else has written meanwhile. The new one is durable when this
 * resolves: file and directory are synced, and the file keeps mode and owner. Nothing is thrown once it is in place.
 */
export async function replaceVersion(directory: string, old: IndexVersion, index: ImageIndex): Promise<Replacement> {
  const oldFile = await openIndex(directory);
  const nextPath = join(directory, NEXT_FILE);
  let isInPlace = false;
  let folder: FileHandle | undefined;
  try {
    // Opened before anything is changed: there may be no descriptor left afterwards.
    folder = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    const version = await writeNext(nextPath, oldFile, index);
    if (!(await isUnchangedFile(oldFile, old))) return { outcome: 'changed-meanwhile' };
    isInPlace = renameOver(nextPath, join(directory, INDEX_FILE), old.stamp);
    if (!isInPlace) return { outcome: 'changed-meanwhile' };
    const unsynced = await folder.sync().then(
      () => undefined,
      (error: Error) => error,
    );
    return { outcome: 'replaced', version, replaced: new ReplacedFile(directory, oldFile, old), unsynced };
  } finally {
    const rest = isInPlace ? [] : [oldFile.close(), unlink(nextPath)];
    await Promise.allSettled([folder?.close(), ...rest]);
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
