// Every digest that can be reached from the index of a layout: children of indexes, configs, layers, subjects.
import { readFile, stat } from 'node:fs/promises';
import { InvalidJson, parseJson } from '../files/json-scan.ts';
import { readVersion } from '../index/index-version.ts';
import { blobPath } from './blobs.ts';

/** Largest manifest that is read, in bytes. Registries refuse more than 4 MiB (OCI distribution-spec). */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** @throws Error if a reference cannot be read or understood, so that too little might be kept */
export async function referencedDigests(directory: string): Promise<ReadonlySet<string>> {
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

/** Whether it may reference more. An unknown type counts as a manifest: keeping too much is the safe side. */
function isManifest({ mediaType = '' }: Descriptor): boolean {
  return !/\.(?:layer|config|image\.rootfs)\b|octet-stream|\+gzip$|\+zstd$|\.tar$/.test(mediaType);
}

/** @returns undefined if it does not exist: a layout may hold an index without all of its children */
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
      throw new Error(`the manifest ${digest} is not JSON, so its references are unknown`, { cause: error });
    throw error;
  }
}

/** Finds every object with a digest at any depth. Those under `manifests` and `subject` are manifests. */
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
