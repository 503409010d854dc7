// Reads what a registry answered. Nothing in an answer is trusted before it is checked.
import { z } from 'zod';
import { DIGEST, digestAs, sha256 } from './digest.ts';
import { type Answer, RegistryFailure, registryError } from './failure.ts';

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Whether the answer says that the manifest or its repository does not exist: zot answers 400 for a missing repository. */
export function isAbsent(answer: Answer): boolean {
  return answer.status === 404 || (answer.status === 400 && registryError(answer)?.code === 'NAME_UNKNOWN');
}

/**
 * The digest of a dangling tag, which is one whose manifest is gone. Only the detail of docker-registry's error tells it
 * from a missing tag.
 */
export function revisionOf(answer: Answer): string | undefined {
  const detail = registryError(answer)?.detail as { readonly Revision?: unknown } | null | undefined;
  const revision = detail?.Revision;
  return typeof revision === 'string' && DIGEST.test(revision) ? revision : undefined;
}

/**
 * A manifest, under the digest of its own bytes: what the registry says of them has to agree. A wrong digest would be
 * reported, or even deleted.
 * @throws RegistryFailure `not-understood` if it is not a manifest, or has another digest
 */
export function manifestOf({ headers, body }: Answer, what: string): Manifest {
  const content = parseManifest(body);
  if (content === undefined)
    throw new RegistryFailure('not-understood', `${what}: the registry did not send a manifest`);
  const signed = signedPayload(content, body) ?? body;
  const named = headers['docker-content-digest'];
  const digest = named === undefined ? sha256(signed) : digestAs(named, signed);
  if (digest === undefined) {
    throw new RegistryFailure('not-understood', `${what}: Docker-Content-Digest is not the digest of the manifest`);
  }
  // A manifest's own media type is part of its bytes; the header may be a proxy's.
  const { mediaType = String(headers['content-type'] ?? '') } = content;
  return { digest, mediaType, bytes: body };
}

const manifestBody = z
  .object({
    schemaVersion: z.number().optional(),
    mediaType: z.string().optional(),
    signatures: z.array(z.object({ protected: z.string() })).optional(),
  })
  .refine(({ schemaVersion, mediaType }) => schemaVersion !== undefined || mediaType !== undefined);

/** @returns undefined for anything else, such as the page of a proxy */
function parseManifest(body: Buffer): z.infer<typeof manifestBody> | undefined {
  try {
    return manifestBody.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}

const signedPart = z.object({ formatLength: z.number().int().nonnegative(), formatTail: z.string() });

/**
 * The digest of a signed Docker manifest of schema 1 leaves the signatures out (Docker image manifest V2, schema 1,
 * "Signed manifests"): the payload is the first `formatLength` bytes and `formatTail`.
 */
function signedPayload({ schemaVersion, signatures }: z.infer<typeof manifestBody>, body: Buffer): Buffer | undefined {
  const [signature] = signatures ?? [];
  // Members that no other format has, so that the bytes of an index cannot pass as another manifest.
  if (schemaVersion !== 1 || signature === undefined) return undefined;
  try {
    const { formatLength, formatTail } = signedPart.parse(
      JSON.parse(fromBase64Url(signature.protected).toString('utf8')),
    );
    return Buffer.concat([body.subarray(0, formatLength), fromBase64Url(formatTail)]);
  } catch {
    return undefined;
  }
}

function fromBase64Url(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}

// docker-registry sends null for an empty list.
const tagListBody = z.object({ tags: z.array(z.string()).nullable() });

export function tagsOf({ body }: Answer, what: string): readonly string[] {
  try {
    return tagListBody.parse(JSON.parse(body.toString('utf8'))).tags ?? [];
  } catch (cause) {
    throw new RegistryFailure('not-understood', `${what}: the registry did not send a list of tags`, { cause });
  }
}

/** OCI distribution specification, "Listing Tags": the Link header (RFC 8288) names the next page. */
export function nextQuery({ headers }: Answer): string | undefined {
  const link = String(headers['link'] ?? '');
  return /^\s*<[^?>]*(\?[^>]*)>\s*;\s*rel="?next"?/i.exec(link)?.[1];
}
