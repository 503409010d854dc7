import { createHash, randomBytes } from 'node:crypto';

export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';

/** The digest of a manifest (OCI image specification, "Digests"). */
export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A digest that nothing has. */
export function randomDigest(): string {
  return `sha256:${randomBytes(32).toString('hex')}`;
}
