// Frees blobs that nothing in a layout references. Deleting a tag removes a name only; this brings the space back.
import { realpath } from 'node:fs/promises';
import { checkLayout } from '../files/layout-check.ts';
import { confirmVersion, readVersion } from '../index/index-version.ts';
import { algorithms, type Blob, type BlobListing, BlobRemover, listBlobs } from './blobs.ts';
import { type Alias, type Found, findLayouts, type Skipped } from './find-layouts.ts';
import { reachableDigests } from './references.ts';

/** How often the references are looked for again because the index has changed meanwhile. */
const MAX_ATTEMPTS = 5;

/** The blobs that were freed, or with a dry run would be. */
export interface Freed {
  /** `<namespace>/<repository>` */
  readonly repository: string;
  readonly blobs: readonly { readonly digest: string; readonly bytes: number }[];
}

interface Options {
  /** A blob written within this time stays, in milliseconds: a push may be about to reference it. */
  readonly graceMs: number;
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Collects every layout below a directory, one after another. @throws errors of the file system if it cannot be read */
export async function* collectGarbage(dataDir: string, options: Options): AsyncGenerator<Freed | Skipped | Alias> {
  const layouts: Found[] = [];
  for await (const found of findLayouts(await realpath(dataDir))) {
    if ('directory' in found) layouts.push(found);
    else yield found;
  }
  const borrowed = await borrowedDigests(layouts);
  for (const { repository, directory } of layouts) {
    try {
      yield { repository, blobs: await collectLayout(directory, borrowed, options) };
    } catch (error) {
      yield { repository, reason: (error as Error).message };
    }
  }
}

/**
 * Finds what layouts reference that use the blobs of others: through symbolic links, or because their blobs are in a
 * shared directory (skopeo's `--dest-shared-blob-dir`). It is kept everywhere.
 */
async function borrowedDigests(layouts: readonly Found[]): Promise<ReadonlySet<string>> {
  const borrowed = new Set<string>();
  for (const { directory } of layouts) {
    try {
      const listing = await listBlobs(directory).catch(orNone);
      if (listing !== undefined && listing.links.length === 0) continue;
      const { index } = await readVersion(directory);
      for (const hex of await reachableDigests(directory, index, listing ?? NOTHING)) borrowed.add(hex);
    } catch {
      // It is named when its turn comes.
    }
  }
  return borrowed;
}

const NOTHING: BlobListing = { blobs: [], unknown: [], links: [] };

function orNone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function collectLayout(
  directory: string,
  borrowed: ReadonlySet<string>,
  { graceMs, dryRun, now }: Options,
): Promise<Freed['blobs']> {
  await checkLayout(directory);
  const listing = await listBlobs(directory);
  const [link] = listing.links;
  if (link !== undefined) throw new Error(`${link} is a symbolic link: its blobs may be shared`);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    // After the blobs were listed: what is referenced by now is safe.
    const version = await readVersion(directory);
    const reached = await reachableDigests(directory, version.index, listing, borrowed);
    const garbage = listing.blobs.filter(({ hex, changedAt }) => !reached.has(hex) && changedAt <= now - graceMs);
    const isUnchanged = async () => (await confirmVersion(directory, version)) !== undefined;
    if (dryRun || (await isUnchanged())) {
      if (!dryRun) await remove(directory, garbage);
      return garbage.map(({ algorithm, hex, bytes }) => ({ digest: `${algorithm}:${hex}`, bytes }));
    }
  }
  throw new Error('other programs keep writing its index.json');
}

async function remove(directory: string, garbage: readonly Blob[]): Promise<void> {
  for (const algorithm of algorithms) {
    const blobs = garbage.filter((blob) => blob.algorithm === algorithm);
    if (blobs.length === 0) continue;
    const remover = await BlobRemover.open(directory, algorithm);
    try {
      for (const { hex } of blobs) await remover.remove(hex);
    } finally {
      await remover.close();
    }
  }
}
