// Frees blobs that nothing in a layout references. Deleting a tag removes a name only; this brings the space back.
import { readdir, unlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { checkLayout, LAYOUT_FILE } from '../files/layout-check.ts';
import { type Blob, blobPath, blobsOlderThan } from './blobs.ts';
import { referencedDigests } from './references.ts';

/** The blobs that were freed, or with a dry run would be. */
export interface Freed {
  /** `<namespace>/<repository>` */
  readonly repository: string;
  readonly blobs: readonly Blob[];
}

/** A layout that was left alone, and why. */
export interface Skipped {
  readonly repository: string;
  readonly reason: string;
}

interface Options {
  /** A blob written within this time stays, in milliseconds: a push may be about to reference it. */
  readonly graceMs: number;
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Collects every layout below a directory, one after another. */
export async function* collectGarbage(dataDir: string, options: Options): AsyncGenerator<Freed | Skipped> {
  for await (const directory of layoutsBelow(dataDir)) {
    const repository = relative(dataDir, directory);
    try {
      yield { repository, blobs: await collectLayout(directory, options) };
    } catch (error) {
      yield { repository, reason: (error as Error).message };
    }
  }
}

/** Yields every layout, nested ones too: `team` and `team/app` may both be repositories. */
async function* layoutsBelow(directory: string): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const isLayout = entries.some(({ name }) => name === LAYOUT_FILE);
  if (isLayout) yield directory;
  for (const entry of entries) {
    if (entry.isDirectory() && !(isLayout && entry.name === 'blobs')) yield* layoutsBelow(join(directory, entry.name));
  }
}

async function collectLayout(directory: string, { graceMs, dryRun, now }: Options): Promise<readonly Blob[]> {
  await checkLayout(directory);
  const candidates = await blobsOlderThan(directory, now - graceMs);
  // Marked after the blobs were listed: what is referenced by now is safe.
  const referenced = await referencedDigests(directory);
  const garbage = candidates.filter(({ digest }) => !referenced.has(digest));
  if (!dryRun) for (const { digest } of garbage) await unlink(blobPath(directory, digest));
  return garbage;
}
