// What takes a tag's place for a moment where a registry deletes by digest alone: an empty image index that nobody else
// has, so that deleting its digest takes nothing but the tags that were made to name it. It says what it is, so that
// any server that meets an abandoned one knows what to do.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Manifest } from '../api/answers.ts';
import { IMAGE_INDEX, sha256 } from '../api/digest.ts';
import { type TagDigests, tagDigestsSchema, toPairs } from '../api/tag-digests.ts';

const NONCE = 'io.github.swr-tag-delete.nonce';
const REPLACED = 'io.github.swr-tag-delete.replaced';
const CREATED = 'org.opencontainers.image.created';

/** So many tags share a dummy. */
export const TAGS_PER_DUMMY = 64;

/** More than their digests and names take. */
const MAX_BYTES = 64 * 1024;

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

const dummySchema = json.pipe(
  z.object({
    manifests: z.array(z.never()),
    annotations: z.object({ [NONCE]: z.string(), [REPLACED]: json.pipe(tagDigestsSchema) }),
  }),
);

/** One dummy for all of these tags. */
export function createDummy(replaced: TagDigests): Manifest {
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

/** Whether a manifest is a dummy, of whichever server. */
export function isDummy(manifest: Manifest): boolean {
  return replacedBy(manifest) !== undefined;
}

/** @returns what a dummy replaced, or undefined where the manifest is an image */
export function replacedBy({ mediaType, bytes }: Manifest): TagDigests | undefined {
  if (!mediaType.startsWith(IMAGE_INDEX) || bytes.length > MAX_BYTES) return undefined;
  const parsed = dummySchema.safeParse(bytes.toString('utf8'));
  return parsed.success ? parsed.data.annotations[REPLACED] : undefined;
}
