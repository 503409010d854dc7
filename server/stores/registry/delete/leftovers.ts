// Finds the tags that a delete by placeholder has not finished.
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../../../store.ts';
import { concurrently } from '../api/concurrently.ts';
import type { TagDigests } from '../api/digest.ts';
import type { Distribution, Lookup } from '../api/distribution.ts';
import { asStoreError } from '../api/failure.ts';
import { replacedBy } from './placeholder.ts';

/** Max pages of the list of tags. If it is longer, every tag is looked up on its own. */
const MAX_PAGES = 100;

/** Failures by tag. */
export type Failures = ReadonlyMap<string, StoreError>;

/** Tags that are not wholly deleted, with the digests that they had. What others have pushed meanwhile is not among them. */
export interface Leftovers {
  readonly tags: TagDigests;
  /** The digests of the placeholders that some of them hold. */
  readonly placeholders: ReadonlySet<string>;
  /** Those that lead to no manifest. */
  readonly dangling: TagDigests;
  /** Tags that have an image, with its digest: they are not leftovers. */
  readonly images: TagDigests;
  /** Tags that could not be looked up. */
  readonly failures: Failures;
}

/**
 * Looks for leftovers among tags.
 * @param tags the tags and the digests that they had, as far as is known: a placeholder knows better
 * @param isListTrusted whether a tag that the registry does not list need not be looked up
 * @param patienceMs milliseconds after which a tag that is listed but missing is looked up again: it may be a push
 */
export async function findLeftovers(
  distribution: Distribution,
  repository: string,
  tags: TagDigests,
  { isListTrusted, patienceMs = 0 }: { readonly isListTrusted: boolean; readonly patienceMs?: number },
): Promise<Leftovers> {
  const listed = await listedTags(distribution, repository, tags);
  const left = {
    tags: new Map(),
    placeholders: new Set<string>(),
    dangling: new Map(),
    images: new Map(),
    failures: new Map(),
  };
  const look = async (tag: string, digest: string, whenAbsent: () => void): Promise<void> => {
    const found = await distribution.lookUp(repository, tag).catch(asStoreError);
    if (found instanceof StoreError) left.failures.set(tag, found);
    else if (found.kind === 'absent') whenAbsent();
    else if (found.kind === 'dangling') dangles(tag, digest);
    else if (replacedBy(found.manifest) === undefined) left.images.set(tag, found.manifest.digest);
    else {
      left.tags.set(tag, imageDigest(found, tag));
      left.placeholders.add(found.manifest.digest);
    }
  };
  const dangles = (tag: string, digest: string): void => {
    left.tags.set(tag, digest);
    left.dangling.set(tag, digest);
  };
  const unlinked = new Map<string, string>();
  await concurrently(tags, async ([tag, digest]) => {
    if (isListTrusted && listed !== undefined && !listed.has(tag)) return;
    // docker-registry keeps the empty directory of a tag that is written while it is removed.
    await look(tag, digest, () => void (listed?.has(tag) && unlinked.set(tag, digest)));
  });
  if (unlinked.size > 0) await delay(patienceMs);
  await concurrently(unlinked, ([tag, digest]) => look(tag, digest, () => dangles(tag, digest)));
  return left;
}

/** The digest of an image, or that of the image that a placeholder replaced. */
export function imageDigest(found: Exclude<Lookup, { kind: 'absent' }>, tag: string): string {
  if (found.kind === 'dangling') return found.digest;
  return replacedBy(found.manifest)?.get(tag) ?? found.manifest.digest;
}

/** The same failure for all tags. @throws any error that is not a store's failure: it is a defect */
export function failuresOf(tags: TagDigests, error: unknown): Failures {
  const failure = asStoreError(error);
  return new Map([...tags.keys()].map((tag) => [tag, failure]));
}

/** @returns undefined if the registry does not tell: then every tag has to be looked up */
async function listedTags(
  distribution: Distribution,
  repository: string,
  wanted: TagDigests,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const { hasRepository, tags } = await distribution.listTags(repository, wanted, MAX_PAGES);
    return hasRepository ? tags : undefined;
  } catch (error) {
    asStoreError(error);
    return undefined;
  }
}
