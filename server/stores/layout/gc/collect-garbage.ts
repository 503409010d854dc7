// Frees blobs that nothing in a layout references. Deleting a tag removes a name only; this brings the space back.
import { realpath } from 'node:fs/promises';
import { checkLayout } from '../files/layout-check.ts';
import { confirmVersion, readVersion } from '../index/index-version.ts';
import { algorithms, type Blob, BlobRemover, listBlobs } from './blobs.ts';
import { borrowedDigests } from './borrowed-digests.ts';
import { KnownDigests } from './digests-in.ts';
import { type Alias, type Found, findLayouts, type Skipped } from './find-layouts.ts';
import { checkManifests, reachableDigests } from './references.ts';

/** How often the references are looked for again because the index has changed meanwhile. */
const MAX_ATTEMPTS = 5;

/** The blobs that were freed, or with a dry run would be. */
export interface Freed {
  /** `<namespace>/<repository>` */
  readonly repository: string;
  readonly blobs: readonly { readonly digest: string; readonly bytes: number }[];
  /** How many others are not referenced either, and stay because they are too young. */
  readonly young: number;
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
      yield { repository, ...(await collectLayout(directory, borrowed, options)) };
    } catch (error) {
      yield { repository, reason: (error as Error).message };
    }
  }
}

async function collectLayout(
  directory: string,
  borrowed: ReadonlySet<string>,
  { graceMs, dryRun, now: startedAt }: Options,
): Promise<Omit<Freed, 'repository'>> {
  const before = startedAt - graceMs;
  await checkLayout(directory);
  const { blobs, links, isMissing } = await listBlobs(directory);
  if (links[0] !== undefined) throw new Error(`${links[0]} is a symbolic link: its blobs may be shared`);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    // After the blobs were listed, so that what is referenced by now is safe. Before they are listed again: a push writes
    // its blobs first and the index last, so all blobs that this index leads to exist by then.
    const version = await readVersion(directory);
    if (isMissing && version.index.descriptors.length === 0) return { blobs: [], young: 0 };
    if (isMissing) throw new Error('its blobs are elsewhere');
    const current = await listBlobs(directory);
    const known = new KnownDigests([...current.blobs.map(({ hex }) => hex), ...current.irregular]);
    const roots = { index: version.index, files: current.unknown, digests: borrowed };
    await checkManifests(directory, version.index);
    const reached = await reachableDigests(directory, roots, known);
    const unreached = blobs.filter(({ hex }) => !reached.has(hex));
    const garbage = unreached.filter(({ changedAt }) => changedAt <= before);
    const isUnchanged = async () => (await confirmVersion(directory, version)) !== undefined;
    if (dryRun || (await isUnchanged())) {
      if (!dryRun) await remove(directory, garbage);
      const freed = garbage.map(({ algorithm, hex, bytes }) => ({ digest: `${algorithm}:${hex}`, bytes }));
      return { blobs: freed, young: unreached.length - garbage.length };
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
      for (const { hex } of blobs) await remover.remove(hex).catch(ignoreMissing);
    } finally {
      await remover.close();
    }
  }
}

/** Another gc was faster. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
