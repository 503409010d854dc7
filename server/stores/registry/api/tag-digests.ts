import { z } from 'zod';
import { DIGEST, NO_DIGEST } from './digest.ts';

/** The digests that tags have or had, by tag. */
export type TagDigests = ReadonlyMap<string, string>;

/** As JSON: pairs, since `__proto__` is a legal tag. */
export function toPairs(tags: TagDigests): [string, string][] {
  return [...tags];
}

/** Reads pairs that anybody may have written: what they name becomes part of a URL. */
export const tagDigestsSchema = z
  .array(z.tuple([z.string(), z.string().refine((digest) => digest === NO_DIGEST || DIGEST.test(digest))]))
  .transform((pairs): TagDigests => new Map(pairs));
