// What a registry's answers say. Nothing in them is trusted further than it is checked.
import { z } from 'zod';
import { DIGEST, sha256 } from './digest.ts';
import { type Answer, RegistryFailure, registryError } from './failure.ts';

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** zot answers 400 for a repository that it does not have. */
export function isAbsent(answer: Answer): boolean {
  return answer.status === 404 || (answer.status === 400 && registryError(answer)?.code === 'NAME_UNKNOWN');
}

/** docker-registry tells a tag whose manifest is gone from a missing one in the detail of its error alone. */
export function revisionOf(answer: Answer): string | undefined {
  const detail = registryError(answer)?.detail as { readonly Revision?: unknown } | null | undefined;
  const revision = detail?.Revision;
  return typeof revision === 'string' && DIGEST.test(revision) ? revision : undefined;
}

/** The registry's own digest counts: that is what it knows the manifest by. */
export function manifestOf({ headers, body }: Answer, what: string): Manifest {
  if (!isManifest(body)) throw new RegistryFailure('not-understood', `${what}: what the registry sent is no manifest`);
  const named = headers['docker-content-digest'];
  const isNamed = typeof named === 'string' && DIGEST.test(named);
  return { digest: isNamed ? named : sha256(body), mediaType: headers['content-type'] ?? '', bytes: body };
}

/** Every kind of manifest says one or the other of itself; the page of a proxy that is no registry says neither. */
function isManifest(body: Buffer): boolean {
  try {
    const { schemaVersion, mediaType } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    return typeof schemaVersion === 'number' || typeof mediaType === 'string';
  } catch {
    return false;
  }
}

// docker-registry says null for none.
const tagListBody = z.object({ tags: z.array(z.string()).nullable() });

export function tagsOf({ body }: Answer, what: string): readonly string[] {
  try {
    return tagListBody.parse(JSON.parse(body.toString('utf8'))).tags ?? [];
  } catch (cause) {
    throw new RegistryFailure('not-understood', `${what}: no list of tags`, { cause });
  }
}

/** OCI distribution specification, "Listing Tags": the next page is that of the Link (RFC 8288). */
export function nextQuery({ headers }: Answer): string | undefined {
  const link = String(headers['link'] ?? '');
  return /^\s*<[^?>]*(\?[^>]*)>\s*;\s*rel="?next"?/i.exec(link)?.[1];
}
