// Deletes tags in a registry that deletes by tag, one request for each.
import type { StoreError } from '../../../store.ts';
import { concurrently } from '../api/concurrently.ts';
import type { TagDigests } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError, notUnderstood } from '../api/failure.ts';
import { retrying } from '../api/retrying.ts';
import type { Capability } from './capability.ts';
import { imageDigest } from './leftovers.ts';

/** Failures after which the registry may have done what it was asked for. */
const MAY_BE_DONE: ReadonlySet<string> = new Set(['unavailable', 'unreachable']);

/** `absent`: another delete was faster. `refused`: the registry does not delete by tag, and has not touched the tag. */
export type Ended = 'deleted' | 'absent' | 'refused' | StoreError;

export class TagByTagDelete {
  readonly #distribution: Distribution;
  readonly #capability: Capability;

  constructor(distribution: Distribution, capability: Capability) {
    this.#distribution = distribution;
    this.#capability = capability;
  }

  /**
   * @param held the tags and their digests
   * @param record is called with the end of each delete; of a tag that it is not called for nothing was tried
   */
  async deleteTags(
    repository: string,
    held: TagDigests,
    record: (tag: string, digest: string, ended: Ended) => void,
  ): Promise<void> {
    let isRefused = false;
    const deleteOne = async ([tag, digest]: [string, string]): Promise<void> => {
      const ended = await this.#deleteTag(repository, tag, digest).catch(asStoreError);
      isRefused ||= ended === 'refused';
      record(tag, digest, ended);
    };
    const rest = [...held];
    if (this.#capability.kind === 'unknown') {
      // One tag shows what the registry does. An answer that shows nothing, such as 404, is no reason to try placeholders:
      // it may hide a missing right, so the other tags are deleted by tag as well.
      await concurrently(rest.splice(0, 1), deleteOne);
      if (isRefused) {
        for (const [tag, digest] of rest) record(tag, digest, 'refused');
        return;
      }
    }
    await concurrently(rest, deleteOne);
  }

  /** @throws StoreError */
  #deleteTag(repository: string, tag: string, digest: string): Promise<Exclude<Ended, StoreError>> {
    const refused = (reason: StoreError): 'refused' => {
      this.#capability.tagWasRefused(repository, reason);
      return 'refused';
    };
    // An earlier try may have deleted the tag, although it failed: then the tag is gone by this call.
    let mayBeDone = false;
    return retrying(async () => {
      const deletion = await this.#distribution.deleteManifest(repository, tag).catch((error: unknown) => {
        mayBeDone ||= MAY_BE_DONE.has(asStoreError(error).kind);
        throw error;
      });
      if (deletion.kind === 'refused') return refused(deletion.failure);
      const isAccepted = deletion.kind === 'deleted';
      if (isAccepted && this.#capability.kind === 'by-tag') return 'deleted';
      mayBeDone ||= isAccepted;
      if (await this.#isThere(repository, tag, digest)) {
        if (isAccepted) return refused(stays(repository, tag, 202));
        // Some registries hide a missing right behind 404.
        throw stays(repository, tag, 404);
      }
      if (isAccepted) this.#capability.tagWasDeleted();
      return mayBeDone ? 'deleted' : 'absent';
    });
  }

  async #isThere(repository: string, tag: string, digest: string): Promise<boolean> {
    const found = await this.#distribution.lookUp(repository, tag);
    return found.kind !== 'absent' && imageDigest(found, tag) === digest;
  }
}

function stays(repository: string, tag: string, status: number): StoreError {
  return notUnderstood(repository, `delete of ${tag}: answered ${status}, but the tag is still there`);
}
