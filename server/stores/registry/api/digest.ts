import { createHash, randomBytes } from 'node:crypto';

export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';

/** OCI image specification, "Digests"; no shorter ones, and none that could be a path. */
export const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,128}$/;

/** Stands for the digest of a tag that is listed and leads nowhere. */
export const NO_DIGEST = '';

/** The digest of a manifest. */
export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A digest that nothing has. */
export function randomDigest(): string {
  return `sha256:${randomBytes(32).toString('hex')}`;
}
