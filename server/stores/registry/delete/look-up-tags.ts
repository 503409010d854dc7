// Looks up the tags of a batch before anything is changed.
import { StoreError } from '../../../store.ts';
import { concurrently } from '../api/concurrently.ts';
import { NO_DIGEST, type TagDigests } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError } from '../api/failure.ts';
import { type Failures, imageDigest } from './leftovers.ts';

/** The tags of a batch that exist, and those that could not be looked up. The others are missing. */
export interface LookedUp {
  /** The digests of their images; if a tag holds a placeholder, the digest that it says it replaced. */
  readonly held: TagDigests;
  /** The digests that the tags named: a placeholder's own, since anyone who may push can forge what it says. */
  readonly named: TagDigests;
  readonly failures: Failures;
}

/** @throws any error that is not a store's failure: it is a defect */
export async function lookUpTags(
  distribution: Distribution,
  repository: string,
  tags: ReadonlySet<string>,
): Promise<LookedUp> {
  const held = new Map<string, string>();
  const named = new Map<string, string>();
  const failures = new Map<string, StoreError>();
  /** @returns the tags that seem to be missing */
  const lookUp = async (some: Iterable<string>): Promise<string[]> => {
    const absent: string[] = [];
    await concurrently(some, async (tag) => {
      const found = await distribution.lookUp(repository, tag).catch(asStoreError);
      if (found instanceof StoreError) failures.set(tag, found);
      else if (found.kind === 'absent') absent.push(tag);
      else {
        held.set(tag, imageDigest(found, tag));
        named.set(tag, found.kind === 'dangling' ? found.digest : found.manifest.digest);
      }
    });
    return absent;
  };

  const absent = await lookUp(tags);
  if (absent.length === 0) return { held, named, failures };
  try {
    // The whole repository may be missing. And a listed tag exists for every caller that lists the tags.
    const { hasRepository, tags: found } = await distribution.listTags(repository, new Set(absent), 1);
    if (!hasRepository) throw new StoreError('repository-not-found', `the registry has no repository ${repository}`);
    const listed = absent.filter((tag) => found?.has(tag));
    // Looked up once more: it may have been pushed a moment ago.
    for (const tag of await lookUp(listed)) held.set(tag, NO_DIGEST);
  } catch (error) {
    for (const tag of absent) failures.set(tag, asStoreError(error));
  }
  return { held, named, failures };
}
