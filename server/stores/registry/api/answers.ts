// Reads what a registry answered. Nothing in an answer is trusted before it is checked.
import { z } from 'zod';
import { DIGEST, sha256 } from './digest.ts';
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

/** The registry's own digest counts: it knows the manifest by that one. */
export function manifestOf({ headers, body }: Answer, what: string): Manifest {
  if (!isManifest(body)) throw new RegistryFailure('not-understood', `${what}: the registry did not send a manifest`);
  const named = headers['docker-content-digest'];
  const isNamed = typeof named === 'string' && DIGEST.test(named);
  return { digest: isNamed ? named : sha256(body), mediaType: headers['content-type'] ?? '', bytes: body };
}

/** Every kind of manifest has one of these two members. A proxy's HTML page has neither. */
function isManifest(body: Buffer): boolean {
  try {
    const { schemaVersion, mediaType } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    return typeof schemaVersion === 'number' || typeof mediaType === 'string';
  } catch {
    return false;
  }
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
