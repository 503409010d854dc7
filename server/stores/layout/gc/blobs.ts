// The blobs of a layout as files: blobs/<algorithm>/<encoded> (OCI image-spec, image-layout.md).
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface Blob {
  readonly digest: string;
  readonly bytes: number;
}

/** @throws Error if the digest is invalid: it could lead out of the layout */
export function blobPath(directory: string, digest: string): string {
  const [, algorithm, hex] = /^([a-z0-9+._-]+):([a-zA-Z0-9=_-]+)$/.exec(digest) ?? [];
  if (algorithm === undefined || hex === undefined) throw new Error(`${digest} is not a valid digest`);
  return join(directory, 'blobs', algorithm, hex);
}

/**
 * Lists the blobs that were written before a time.
 * @param before milliseconds since 1970
 * @throws Error if the blobs are behind a symbolic link; errors of the file system
 */
export async function blobsOlderThan(directory: string, before: number): Promise<readonly Blob[]> {
  const blobs: Blob[] = [];
  await refuseLink(join(directory, 'blobs'));
  for (const algorithm of await readdir(join(directory, 'blobs'))) {
    await refuseLink(join(directory, 'blobs', algorithm));
    for (const entry of await readdir(join(directory, 'blobs', algorithm), { withFileTypes: true })) {
      // A file with another name is not a blob; it may be the temporary file of a copy.
      if (!entry.isFile() || !/^[a-f0-9]{32,}$/.test(entry.name)) continue;
      const { size, mtimeMs, ctimeMs } = await stat(join(directory, 'blobs', algorithm, entry.name));
      if (Math.max(mtimeMs, ctimeMs) <= before) blobs.push({ digest: `${algorithm}:${entry.name}`, bytes: size });
    }
  }
  return blobs;
}

/** Blobs behind a link may belong to other repositories too, and their references are not known here. */
async function refuseLink(path: string): Promise<void> {
  if ((await lstat(path)).isSymbolicLink()) throw new Error(`${path} is a symbolic link: its blobs may be shared`);
}
