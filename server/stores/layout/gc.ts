// Frees blobs that nothing in a layout references any more. Deleting a tag takes a name away; the space comes back here.
import { lstat, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readVersion } from './index-version.ts';
import { InvalidJson, parseJson } from './json-scan.ts';
import { checkLayout, LAYOUT_FILE } from './layout-check.ts';

/** A manifest larger than this is none: registries refuse more than 4 MiB (OCI distribution-spec). */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** What was freed, or with a dry run would be. */
export interface Freed {
  /** `<namespace>/<repository>` */
  readonly repository: string;
  readonly blobs: readonly { readonly digest: string; readonly bytes: number }[];
}

/** A layout that was left alone, and why. */
export interface Skipped {
  readonly repository: string;
  readonly reason: string;
}

interface Options {
  /** A blob that was written within so many milliseconds stays: somebody may be about to reference it. */
  readonly graceMs: number;
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Goes through every layout below a directory, one after another. */
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

/** Every layout, nested ones too: `team` and `team/app` may both be repositories. */
async function* layoutsBelow(directory: string): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const isLayout = entries.some(({ name }) => name === LAYOUT_FILE);
  if (isLayout) yield directory;
  for (const entry of entries) {
    if (entry.isDirectory() && !(isLayout && entry.name === 'blobs')) yield* layoutsBelow(join(directory, entry.name));
  }
}

async function collectLayout(directory: string, { graceMs, dryRun, now }: Options): Promise<Freed['blobs']> {
  await checkLayout(directory);
  const candidates = await oldBlobs(directory, now - graceMs);
  // Marked after the blobs were listed: whatever is referenced by now is safe.
  const referenced = await referencedDigests(directory);
  const garbage = candidates.filter(({ digest }) => !referenced.has(digest));
  if (!dryRun) for (const { digest } of garbage) await unlink(blobPath(directory, digest));
  return garbage;
}

async function oldBlobs(directory: string, before: number): Promise<{ digest: string; bytes: number }[]> {
  const blobs: { digest: string; bytes: number }[] = [];
  await refuseLink(join(directory, 'blobs'));
  for (const algorithm of await readdir(join(directory, 'blobs'))) {
    await refuseLink(join(directory, 'blobs', algorithm));
    for (const entry of await readdir(join(directory, 'blobs', algorithm), { withFileTypes: true })) {
      // What is not named like a digest was not put there as a blob (a copy's temporary file, say).
      if (!entry.isFile() || !/^[a-f0-9]{32,}$/.test(entry.name)) continue;
      const { size, mtimeMs, ctimeMs } = await stat(join(directory, 'blobs', algorithm, entry.name));
      if (Math.max(mtimeMs, ctimeMs) <= before) blobs.push({ digest: `${algorithm}:${entry.name}`, bytes: size });
    }
  }
  return blobs;
}

/** Blobs that stand elsewhere may be other repositories' too, whose references are not known here. */
async function refuseLink(path: string): Promise<void> {
  if ((await lstat(path)).isSymbolicLink()) throw new Error(`${path} is a symbolic link: its blobs may be shared`);
}

/** Everything that can be reached from the index: children of indexes, configs, layers, subjects. */
async function referencedDigests(directory: string): Promise<ReadonlySet<string>> {
  const { index } = await readVersion(directory);
  const referenced = new Set<string>();
  const walked = new Set<string>();
  const waiting = index.descriptors.map(
    ({ start, end }) => parseJson(index.bytes.toString('utf8', start, end)) as Descriptor,
  );
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    referenced.add(node.digest);
    if (walked.has(node.digest) || !isManifest(node)) continue;
    walked.add(node.digest);
    const found = descriptorsIn(await readManifest(directory, node.digest));
    for (const { digest } of found.all) referenced.add(digest);
    waiting.push(...found.manifests);
  }
  return referenced;
}

interface Descriptor {
  readonly digest: string;
  readonly mediaType?: string;
}

/** What may reference more. A type that is not known counts as one: it is better to keep too much. */
function isManifest({ mediaType = '' }: Descriptor): boolean {
  return !/\.(?:layer|config|image\.rootfs)\b|octet-stream|\+gzip$|\+zstd$|\.tar$/.test(mediaType);
}

/** @returns undefined for one that is not there: a layout may hold an index without all of its children */
async function readManifest(directory: string, digest: string): Promise<unknown> {
  const path = blobPath(directory, digest);
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return undefined;
  if (size > MAX_MANIFEST_BYTES) throw new Error(`the manifest ${digest} is larger than ${MAX_MANIFEST_BYTES} bytes`);
  try {
    return parseJson(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof InvalidJson)
      throw new Error(`the manifest ${digest} is not JSON, so what it references is not known`, { cause: error });
    throw error;
  }
}

/** Every object with a digest, wherever it stands in the manifest; those under `manifests` and `subject` are manifests. */
function descriptorsIn(manifest: unknown): { all: Descriptor[]; manifests: Descriptor[] } {
  const found = { all: [] as Descriptor[], manifests: [] as Descriptor[] };
  visit(manifest, false);
  return found;

  function visit(value: unknown, isChild: boolean): void {
    if (typeof value !== 'object' || value === null) return;
    if (typeof (value as Descriptor).digest === 'string') {
      found.all.push(value as Descriptor);
      if (isChild) found.manifests.push(value as Descriptor);
    }
    for (const [key, inner] of Object.entries(value)) {
      visit(inner, Array.isArray(value) ? isChild : key === 'manifests' || key === 'subject');
    }
  }
}

function blobPath(directory: string, digest: string): string {
  const [, algorithm, hex] = /^([a-z0-9+._-]+):([a-zA-Z0-9=_-]+)$/.exec(digest) ?? [];
  if (algorithm === undefined || hex === undefined) throw new Error(`${digest} is no digest`);
  return join(directory, 'blobs', algorithm, hex);
}
