// What deletes through dummies leave behind on tags.
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../../../store.ts';
import { sideBySide } from '../api/concurrently.ts';
import type { Distribution, Lookup } from '../api/distribution.ts';
import { asStoreError } from '../api/failure.ts';
import type { TagDigests } from '../api/tag-digests.ts';
import { replacedBy } from './placeholder.ts';

/** Of a longer list every tag is looked at on its own. */
const MAX_PAGES = 100;

/** What failed, by tag. */
export type Failures = ReadonlyMap<string, StoreError>;

/** Tags that are not wholly deleted, with the digests that they had. What somebody has pushed meanwhile is his. */
export interface Leftovers {
  readonly tags: TagDigests;
  /** The digests of the dummies that some of them hold. */
  readonly dummies: ReadonlySet<string>;
  /** Those that lead nowhere. */
  readonly astray: TagDigests;
  /** Tags that have an image, with its digest: they are no leftovers. */
  readonly images: TagDigests;
  /** Tags that could not be looked at. */
  readonly failures: Failures;
}

/**
 * Looks for leftovers among tags.
 * @param tags and the digests that they had, as far as is known: a dummy knows better
 * @param isListTrusted whether a tag that the registry does not list need not be looked at
 * @param patienceMs a tag that is listed and leads nowhere is looked at again after so long: it may be a push
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
    dummies: new Set<string>(),
    astray: new Map(),
    images: new Map(),
    failures: new Map(),
  };
  const look = async (tag: string, digest: string, whenAbsent: () => void): Promise<void> => {
    const found = await distribution.lookUp(repository, tag).catch(asStoreError);
    if (found instanceof StoreError) left.failures.set(tag, found);
    else if (found.kind === 'absent') whenAbsent();
    else if (found.kind === 'dangling') leadsNowhere(tag, digest);
    else if (replacedBy(found.manifest) === undefined) left.images.set(tag, found.manifest.digest);
    else {
      left.tags.set(tag, digestOf(found, tag));
      left.dummies.add(found.manifest.digest);
    }
  };
  const leadsNowhere = (tag: string, digest: string): void => {
    left.tags.set(tag, digest);
    left.astray.set(tag, digest);
  };
  const unlinked = new Map<string, string>();
  await sideBySide(tags, async ([tag, digest]) => {
    if (isListTrusted && listed !== undefined && !listed.has(tag)) return;
    // docker-registry keeps the empty directory of a tag that is written while it is removed.
    await look(tag, digest, () => void (listed?.has(tag) && unlinked.set(tag, digest)));
  });
  if (unlinked.size > 0) await delay(patienceMs);
  await sideBySide(unlinked, ([tag, digest]) => look(tag, digest, () => leadsNowhere(tag, digest)));
  return left;
}

/** The digest of an image, of a dummy the one that it replaced. */
export function digestOf(found: Exclude<Lookup, { kind: 'absent' }>, tag: string): string {
  if (found.kind === 'dangling') return found.digest;
  return replacedBy(found.manifest)?.get(tag) ?? found.manifest.digest;
}

/** The same failure for all of them. @throws what is no failure of a store */
export function failuresOf(tags: TagDigests, error: unknown): Failures {
  const failure = asStoreError(error);
  return new Map([...tags.keys()].map((tag) => [tag, failure]));
}

/** undefined where the registry does not say it: then every tag has to be looked at. */
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
