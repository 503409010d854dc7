// Deletes a batch of tags of one repository, and no sibling of theirs:
//
//   1. Look up every tag: its digest, or that tag or repository is missing              look-up-tags.ts
//   2. Know how the registry deletes one tag: by tag, by digest, or not known yet       capability.ts
//   3. Unless it is by digest: DELETE each tag; check each answer that leaves a doubt   delete-by-tag.ts
//   4. By digest, which takes every tag of the digest: put a placeholder on the tags,   delete-by-placeholder.ts
//      whose digest no other tag has, DELETE that digest, and look at the tags again
//   5. If the registry does not let that happen: give the tags their images back        restore-images.ts
//
// What was begun and not finished, because the server ended or the registry failed, is finished by ../recovery.ts.
import type { Logger } from 'pino';
import { StoreError } from '../../../store.ts';
import type { BatchOutcome } from '../../delete-queue.ts';
import { NO_DIGEST, type TagDigests } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError } from '../api/failure.ts';
import type { DeleteMode } from '../options.ts';
import { Capability } from './capability.ts';
import type { PlaceholderDelete } from './delete-by-placeholder.ts';
import { type Ended, TagByTagDelete } from './delete-by-tag.ts';
import { lookUpTags } from './look-up-tags.ts';

export class TagDelete {
  readonly #distribution: Distribution;
  readonly #capability: Capability;
  readonly #byTag: TagByTagDelete;
  readonly #byPlaceholder: PlaceholderDelete;

  constructor(distribution: Distribution, byPlaceholder: PlaceholderDelete, mode: DeleteMode, log: Logger) {
    this.#distribution = distribution;
    this.#capability = new Capability(mode, log);
    this.#byTag = new TagByTagDelete(distribution, this.#capability);
    this.#byPlaceholder = byPlaceholder;
  }

  /**
   * @returns the digests that each tag had, or why it stays; nothing for a tag that did not exist
   * @throws any error that is not a store's failure: it is a defect
   */
  async deleteTags(repository: string, tags: ReadonlySet<string>): Promise<BatchOutcome> {
    const { held, failures } = await lookUpTags(this.#distribution, repository, tags);
    const outcomes: BatchOutcome = new Map(failures);
    try {
      const refused =
        this.#capability.kind === 'by-digest' ? held : await this.#deleteByTag(repository, held, outcomes);
      if (refused.size > 0) await this.#deleteByPlaceholder(repository, refused, outcomes);
    } catch (error) {
      // Tags that are deleted stay so: only the others failed.
      for (const tag of held.keys()) if (!outcomes.has(tag)) outcomes.set(tag, asStoreError(error));
    }
    return outcomes;
  }

  /** @returns the tags that the registry refuses to delete by tag; none of them was touched */
  async #deleteByTag(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<TagDigests> {
    const refused = new Map<string, string>();
    const record = (tag: string, digest: string, ended: Ended): void => {
      if (ended === 'refused') refused.set(tag, digest);
      else if (ended === 'deleted') outcomes.set(tag, digestsOf(digest));
      else outcomes.set(tag, ended === 'absent' ? tagNotFound(repository, tag) : ended);
    };
    await this.#byTag.deleteTags(repository, held, record);
    return refused;
  }

  async #deleteByPlaceholder(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<void> {
    const failures = await this.#byPlaceholder.deleteTags(repository, held);
    for (const [tag, digest] of held) outcomes.set(tag, failures.get(tag) ?? digestsOf(digest));
    if (failures.size < held.size) this.#capability.digestWasDeleted();
  }
}

function digestsOf(digest: string): readonly string[] {
  return digest === NO_DIGEST ? [] : [digest];
}

function tagNotFound(repository: string, tag: string): StoreError {
  return new StoreError('tag-not-found', `${repository}: another delete of ${tag} was faster`);
}
