// What takes a tag's place for a moment where a registry deletes by digest alone: an empty image index that nobody else
// has, so that deleting its digest takes nothing but the tags that were made to name it. It says what it is, so that
// any server that meets an abandoned one knows what to do.
import { randomUUID } from 'node:crypto';
import { IMAGE_INDEX, sha256 } from './digest.ts';
import type { Manifest } from './distribution.ts';

const NONCE = 'io.github.swr-tag-delete.nonce';
const REPLACED = 'io.github.swr-tag-delete.replaced';
const CREATED = 'org.opencontainers.image.created';

/** More than the digests and names of a whole batch of tags take. */
const MAX_BYTES = 64 * 1024;

/** Stands for the digest of a tag that is listed and leads nowhere. */
export const NO_DIGEST = '';

/** The digests that tags had, by tag. */
export type TagDigests = ReadonlyMap<string, string>;

/** One dummy for all of these tags. */
export function createDummy(replaced: TagDigests): Manifest {
  const index = {
    schemaVersion: 2,
    mediaType: IMAGE_INDEX,
    manifests: [],
    annotations: {
      [NONCE]: randomUUID(),
      [REPLACED]: JSON.stringify(Object.fromEntries(replaced)),
      [CREATED]: new Date().toISOString(),
    },
  };
  const bytes = Buffer.from(JSON.stringify(index));
  return { digest: sha256(bytes), mediaType: IMAGE_INDEX, bytes };
}

/** @returns what an abandoned dummy replaced, or undefined where the manifest is an image */
export function replacedBy({ mediaType, bytes }: Manifest): TagDigests | undefined {
  if (!mediaType.startsWith(IMAGE_INDEX) || bytes.length > MAX_BYTES) return undefined;
  try {
    const { annotations = {} } = JSON.parse(bytes.toString('utf8')) as { annotations?: Record<string, string> };
    const replaced = annotations[REPLACED];
    if (replaced === undefined || annotations[NONCE] === undefined) return undefined;
    return new Map(Object.entries(JSON.parse(replaced) as Record<string, string>));
  } catch {
    return undefined;
  }
}
