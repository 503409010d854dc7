// A placeholder is what a tag names for a moment if the registry deletes by digest only: an empty image index with a
// digest of its own, so that deleting the digest takes only the tags that were pointed to it. It says what it replaced,
// so that any server that meets an abandoned one knows what to do.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Manifest } from '../api/answers.ts';
import { IMAGE_INDEX, sha256, type TagDigests, tagDigestsSchema, toPairs } from '../api/digest.ts';

const NONCE = 'io.github.swr-tag-delete.nonce';
const REPLACED = 'io.github.swr-tag-delete.replaced';
const CREATED = 'org.opencontainers.image.created';

/** Max tags that share a placeholder. */
export const TAGS_PER_PLACEHOLDER = 64;

/** More than the names and digests of 64 tags take. */
const MAX_BYTES = 64 * 1024;

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

const placeholderSchema = json.pipe(
  z.object({
    schemaVersion: z.literal(2),
    mediaType: z.literal(IMAGE_INDEX),
    manifests: z.array(z.never()),
    annotations: z.object({ [NONCE]: z.string(), [REPLACED]: json.pipe(tagDigestsSchema) }),
  }),
);

/** Makes one placeholder for all of these tags. */
export function createPlaceholder(replaced: TagDigests): Manifest {
  const index = {
    schemaVersion: 2,
    mediaType: IMAGE_INDEX,
    manifests: [],
    annotations: {
      [NONCE]: randomUUID(),
      [REPLACED]: JSON.stringify(toPairs(replaced)),
      [CREATED]: new Date().toISOString(),
    },
  };
  const bytes = Buffer.from(JSON.stringify(index));
  return { digest: sha256(bytes), mediaType: IMAGE_INDEX, bytes };
}

/** Whether a manifest is a placeholder, of this or another server. */
export function isPlaceholder(manifest: Manifest): boolean {
  return replacedBy(manifest) !== undefined;
}

/** @returns the tags and digests that a placeholder replaced, or undefined if the manifest is an image */
export function replacedBy({ bytes }: Manifest): TagDigests | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  const parsed = placeholderSchema.safeParse(bytes.toString('utf8'));
  return parsed.success ? parsed.data.annotations[REPLACED] : undefined;
}
