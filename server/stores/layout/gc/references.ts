// Finds every blob that the index of a layout leads to. Knows no format, only digests: content that has one, at any
// depth and under any key, references it.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidJson, parseJson } from '../files/json-scan.ts';
import { readRegularFile } from '../files/regular-file.ts';
import type { ImageIndex } from '../index/image-index.ts';
import { ALGORITHMS, algorithms } from './blobs.ts';
import { digestsIn, digestsInFile, type KnownDigests } from './digests-in.ts';

/** Largest manifest of a tag, in bytes. Registries refuse more than 4 MiB (OCI distribution-spec). */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
/** Largest blob that is searched, in bytes. Archives and compressed data are not. */
const MAX_SEARCHED_BYTES = 16 * 1024 * 1024 * 1024;

/** Where a search begins. */
export interface Roots {
  readonly index: ImageIndex;
  /** Files that are searched in any case. */
  readonly files: readonly string[];
  /** Digests that are referenced from elsewhere. */
  readonly digests: Iterable<string>;
}

/**
 * Finds the encoded parts of all known digests that can be reached.
 * @throws Error if a blob on the way cannot be read
 */
export async function reachableDigests(
  directory: string,
  { index, files, digests }: Roots,
  known: KnownDigests,
): Promise<ReadonlySet<string>> {
  const reached = new Set([...digests, ...digestsIn(index.bytes.toString('latin1'), known)]);
  const search = async (path: string) => {
    for await (const hex of searched(path, known)) reached.add(hex);
  };
  for (const path of files) await search(path);
  // A set that grows while it is walked: what is added is visited too.
  for (const hex of reached) {
    for (const algorithm of algorithms) {
      if (ALGORITHMS[algorithm] === hex.length) await search(join(directory, 'blobs', algorithm, hex));
    }
  }
  return reached;
}

async function* searched(path: string, known: KnownDigests): AsyncGenerator<string> {
  const file = await openBlob(path);
  if (file === undefined) return;
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error(`${path} is not a regular file`);
    if (found.size > MAX_SEARCHED_BYTES)
      throw new Error(`${path} is larger than ${MAX_SEARCHED_BYTES} bytes, so its references are unknown`);
    yield* digestsInFile(file, known);
  } finally {
    await file.close();
  }
}

/** Links are followed here: reading more than necessary keeps more. @returns undefined if there is none */
async function openBlob(path: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    // A layout may hold an index without all of its children.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Checks the manifests of the index. One that is not JSON is of no format that is understood here.
 * @throws Error that names the manifest; errors of the file system
 */
export async function checkManifests(directory: string, { descriptors }: ImageIndex): Promise<void> {
  for (const digest of new Set(descriptors.map((descriptor) => descriptor.digest))) {
    const [, algorithm, encoded] = /^([a-z0-9+._-]+):([a-zA-Z0-9=_-]+)$/.exec(digest) ?? [];
    if (algorithm === undefined || encoded === undefined) throw new Error(`${digest} is not a valid digest`);
    const path = join(directory, 'blobs', algorithm, encoded);
    try {
      parseJson((await readRegularFile(path, MAX_MANIFEST_BYTES)).toString('utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      if (!(error instanceof InvalidJson)) throw error;
      throw new Error(`the manifest ${digest} is not JSON, so its references are unknown`, { cause: error });
    }
  }
}
