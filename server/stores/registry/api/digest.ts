// Digests of manifests, and the digests that tags have.
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';

/** OCI image specification, "Digests". Shorter ones are refused, and so is anything that could be a path. */
export const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,128}$/;

/** The digest of a tag that is listed but has no manifest. */
export const NO_DIGEST = '';

/** The digests that tags have or had, by tag. */
export type TagDigests = ReadonlyMap<string, string>;

/** The digest of a manifest in the algorithm that the OCI image specification asks for. */
export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The registered algorithms (OCI image specification, "Digests") and their length in hexadecimal digits. */
const ALGORITHM = /^(sha256(?=:[0-9a-f]{64}$)|sha512(?=:[0-9a-f]{128}$))/;

/** @returns `named` if it is the digest of these bytes in a registered algorithm, else undefined */
export function digestAs(named: unknown, bytes: Buffer): string | undefined {
  const algorithm = ALGORITHM.exec(String(named))?.[1];
  if (algorithm === undefined) return undefined;
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  return digest === named ? digest : undefined;
}

/** A digest that no manifest has. */
export function randomDigest(): string {
  return `sha256:${randomBytes(32).toString('hex')}`;
}

/** As JSON: pairs, since `__proto__` is a legal tag. */
export function toPairs(tags: TagDigests): [string, string][] {
  return [...tags];
}

/** Reads pairs from an untrusted source: the digests become part of a URL. */
export const tagDigestsSchema = z
  .array(z.tuple([z.string(), z.string().refine((digest) => digest === NO_DIGEST || DIGEST.test(digest))]))
  .transform((pairs): TagDigests => new Map(pairs));
