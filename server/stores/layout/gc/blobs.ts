// The blobs of a layout as files: blobs/<algorithm>/<encoded> (OCI image-spec, image-layout.md).
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** The algorithms that the image-spec registers (descriptor.md), with the length of their encoded part: hex digits. */
export const ALGORITHMS = { sha256: 64, sha512: 128, blake3: 64 } as const;
const HEX = /^[a-f0-9]+$/;

export type Algorithm = keyof typeof ALGORITHMS;
export const algorithms = Object.keys(ALGORITHMS) as readonly Algorithm[];

export interface Blob {
  readonly algorithm: Algorithm;
  /** The encoded part of its digest. */
  readonly hex: string;
  readonly bytes: number;
  /** When it was written or changed last, in milliseconds since 1970. */
  readonly changedAt: number;
}

/** What is in `blobs`. */
export interface BlobListing {
  readonly blobs: readonly Blob[];
  /** The encoded parts of digests that are names of something other than a file, such as a pipe or a directory. */
  readonly irregular: readonly string[];
  /** Blobs of other algorithms, as paths: what they reference is read, and they are never freed. */
  readonly unknown: readonly string[];
  /** Symbolic links on the way to blobs: those may be other layouts' too. */
  readonly links: readonly string[];
  /** Whether there is no such directory. */
  readonly isMissing: boolean;
}

/** @throws errors of the file system */
export async function listBlobs(directory: string): Promise<BlobListing> {
  const root = join(directory, 'blobs');
  const listing: Draft = { blobs: [], irregular: [], unknown: [], links: [], isMissing: false };
  const found = await lstat(root).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (found.code !== 'ENOENT') throw found;
    return { ...listing, isMissing: true };
  }
  if (found.isSymbolicLink()) return { ...listing, links: [root] };
  for (const folder of await readdir(root, { withFileTypes: true })) {
    const path = join(root, folder.name);
    if (folder.isDirectory()) await listFolder(path, folder.name, listing);
    else if (folder.isSymbolicLink() && algorithmOf(folder.name) !== undefined) listing.links.push(path);
  }
  return listing;
}

interface Draft extends BlobListing {
  readonly blobs: Blob[];
  readonly irregular: string[];
  readonly unknown: string[];
  readonly links: string[];
}

async function listFolder(folder: string, name: string, listing: Draft): Promise<void> {
  const algorithm = algorithmOf(name);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (algorithm === undefined) {
      if (entry.isFile()) listing.unknown.push(path);
      continue;
    }
    // A file with another name is not a blob; it may be the temporary file of a copy.
    if (entry.name.length !== ALGORITHMS[algorithm] || !HEX.test(entry.name)) continue;
    if (entry.isSymbolicLink()) listing.links.push(path);
    else if (!entry.isFile()) listing.irregular.push(entry.name);
    else {
      const { size, mtimeMs, ctimeMs } = await lstat(path);
      listing.blobs.push({ algorithm, hex: entry.name, bytes: size, changedAt: Math.max(mtimeMs, ctimeMs) });
    }
  }
}

function algorithmOf(folder: string): Algorithm | undefined {
  return algorithms.find((one) => one === folder);
}

/** Removes blobs of one algorithm. */
export class BlobRemover {
  readonly #folder: FileHandle;
  readonly #path: string;

  private constructor(folder: FileHandle, path: string) {
    this.#folder = folder;
    this.#path = path;
  }

  /**
   * Holds the directory itself: a link that is put in its place, or above it, while gc works leads to no other blobs.
   * @throws Error if it is behind a link already; errors of the file system
   */
  static async open(directory: string, algorithm: Algorithm): Promise<BlobRemover> {
    const path = join(directory, 'blobs', algorithm);
    const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const held = `/proc/self/fd/${folder.fd}`;
    const real = await readlink(held).catch(() => undefined);
    if (real === undefined || real === path) return new BlobRemover(folder, real === undefined ? path : held);
    await folder.close();
    throw new Error(`${path} is behind a symbolic link: its blobs may be shared`);
  }

  /** @throws errors of the file system */
  remove(hex: string): Promise<void> {
    return unlink(join(this.#path, hex));
  }

  close(): Promise<void> {
    return this.#folder.close();
  }
}
