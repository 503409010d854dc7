// Deletes a batch of tags of one repository, and no sibling of theirs:
//
//   1. Look up every tag: its digest, or that tag or repository is missing              look-up-tags.ts
//   2. Know how the registry deletes one tag. If it is not known, try it on new tags    capability.ts, probe.ts
//   3. By tag: DELETE each tag; check each answer that leaves a doubt                   delete-by-tag.ts
//   4. By digest, which takes every tag of the digest: put a placeholder on the tags,   delete-by-placeholder.ts
//      whose digest no other tag has, DELETE that digest, and look at the tags again
//   5. If the registry does not let that happen: give the tags their images back        restore-images.ts
//
// What was begun and not finished, because the server ended or the registry failed, is finished by ../recovery.ts.
import { StoreError } from '../../../store.ts';
import type { BatchOutcome, OnDeleted } from '../../delete-queue.ts';
import { NO_DIGEST } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError } from '../api/failure.ts';
import type { Capabilities } from './capability.ts';
import type { PlaceholderDelete } from './delete-by-placeholder.ts';
import { TagByTagDelete } from './delete-by-tag.ts';
import { failuresOf } from './leftovers.ts';
import { lookUpTags } from './look-up-tags.ts';

export class TagDelete {
  readonly #distribution: Distribution;
  readonly #capabilities: Capabilities;
  readonly #byTag: TagByTagDelete;
  readonly #byPlaceholder: PlaceholderDelete;

  constructor(distribution: Distribution, capabilities: Capabilities, byPlaceholder: PlaceholderDelete) {
    this.#distribution = distribution;
    this.#capabilities = capabilities;
    this.#byTag = new TagByTagDelete(distribution, capabilities);
    this.#byPlaceholder = byPlaceholder;
  }

  /**
   * @param onDeleted told of each tag that was deleted by a request of its own, at once
   * @returns the digests that each tag named, or why it stays; nothing for a tag that did not exist
   * @throws any error that is not a store's failure: it is a defect
   */
  async deleteTags(repository: string, tags: ReadonlySet<string>, onDeleted: OnDeleted): Promise<BatchOutcome> {
    const { held, named, failures } = await lookUpTags(this.#distribution, repository, tags);
    const outcomes: BatchOutcome = new Map(failures);
    if ([...failures.values()].some(isFailure)) this.#capabilities.forget(repository);
    if (held.size === 0) return outcomes;

    const capability = await this.#capabilities.of(repository).catch(asStoreError);
    if (capability instanceof StoreError) return new Map([...outcomes, ...failuresOf(held, capability)]);

    const rest = new Map(held);
    const deleted = (tag: string) => outcomes.set(tag, digestsOf(named.get(tag)));
    if (capability !== 'by-digest') {
      const tell = (tag: string) => onDeleted(tag, digestsOf(named.get(tag)));
      for (const [tag, end] of await this.#byTag.deleteTags(repository, held, capability, tell)) {
        if (end === 'refused') continue;
        rest.delete(tag);
        if (end === 'deleted') deleted(tag);
        else outcomes.set(tag, end === 'absent' ? tagNotFound(repository, tag) : end);
      }
    }
    if (rest.size > 0) {
      const staying = await this.#byPlaceholder
        .deleteTags(repository, rest)
        .catch((error: unknown) => failuresOf(rest, error));
      for (const tag of rest.keys()) deleted(tag);
      for (const [tag, failure] of staying) outcomes.set(tag, failure);
    }

    if ([...outcomes.values()].some(isFailure)) this.#capabilities.forget(repository);
    return outcomes;
  }
}

/** Whether the registry failed: it may have been replaced by another one. */
function isFailure(outcome: readonly string[] | StoreError): boolean {
  return outcome instanceof StoreError && !outcome.kind.endsWith('-not-found');
}

/** A listed tag without a manifest names no digest. */
function digestsOf(digest = NO_DIGEST): readonly string[] {
  return digest === NO_DIGEST ? [] : [digest];
}

function tagNotFound(repository: string, tag: string): StoreError {
  return new StoreError('tag-not-found', `${repository}: another delete of ${tag} was faster`);
}
