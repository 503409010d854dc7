// Layouts that use the blobs of others.
import { readVersion } from '../index/index-version.ts';
import { listBlobs } from './blobs.ts';
import { KnownDigests } from './digests-in.ts';
import type { Found } from './find-layouts.ts';
import { reachableDigests } from './references.ts';

/**
 * Finds what layouts reference that use the blobs of others: through symbolic links, or because their blobs are in a
 * shared directory (skopeo's `--dest-shared-blob-dir`). It is kept everywhere. One that cannot be read may reference
 * any blob: then all blobs are kept.
 */
export async function borrowedDigests(layouts: readonly Found[]): Promise<ReadonlySet<string>> {
  const borrowers: { directory: string; files: readonly string[] }[] = [];
  for (const { directory } of layouts) {
    const listing = await listBlobs(directory).catch(orEmpty);
    if (listing !== undefined && (listing.links.length > 0 || listing.isMissing))
      borrowers.push({ directory, files: listing.unknown });
  }
  const borrowed = new Set<string>();
  if (borrowers.length === 0) return borrowed;
  const known = new KnownDigests(await digestsOfAll(layouts));
  for (const { directory, files } of borrowers) {
    const digests = await readVersion(directory)
      .then(({ index }) => reachableDigests(directory, { index, files, digests: [] }, known))
      .catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : known.all));
    for (const hex of digests) borrowed.add(hex);
  }
  return borrowed;
}

async function digestsOfAll(layouts: readonly Found[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const { directory } of layouts) {
    const listing = await listBlobs(directory).catch(orEmpty);
    for (const { hex } of listing?.blobs ?? []) known.add(hex);
  }
  return known;
}

/** A layout that cannot be read is reported when its turn comes. */
function orEmpty(): undefined {}
