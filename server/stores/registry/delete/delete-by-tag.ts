// Deletes tags in a registry that deletes by tag, one request for each.
import type { StoreError } from '../../../store.ts';
import { concurrently } from '../api/concurrently.ts';
import type { TagDigests } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError, notUnderstood } from '../api/failure.ts';
import { retrying } from '../api/retrying.ts';
import type { Capabilities, Capability } from './capability.ts';
import { imageDigest } from './leftovers.ts';

/** Failures after which the registry may have done what it was asked for. */
const MAY_BE_DONE: ReadonlySet<string> = new Set(['unavailable', 'unreachable']);

/** `absent`: another delete was faster. `refused`: the registry does not delete by tag, and has not touched the tag. */
type Ended = 'deleted' | 'absent' | 'refused' | StoreError;

export class TagByTagDelete {
  readonly #distribution: Distribution;
  readonly #capabilities: Capabilities;

  constructor(distribution: Distribution, capabilities: Capabilities) {
    this.#distribution = distribution;
    this.#capabilities = capabilities;
  }

  /**
   * @param held the tags and their digests
   * @param capability `by-tag`: an accepted delete is done; `unknown`: it is checked
   * @param onDeleted told of each tag as soon as it is deleted
   * @returns how each delete ended
   */
  async deleteTags(
    repository: string,
    held: TagDigests,
    capability: Capability,
    onDeleted: (tag: string) => void,
  ): Promise<ReadonlyMap<string, Ended>> {
    const ended = new Map<string, Ended>();
    await concurrently(held, async ([tag, digest]) => {
      const end = await this.#deleteTag(repository, tag, digest, capability).catch(asStoreError);
      ended.set(tag, end);
      if (end === 'deleted') onDeleted(tag);
    });
    return ended;
  }

  /** @throws StoreError */
  #deleteTag(repository: string, tag: string, digest: string, capability: Capability): Promise<Ended> {
    const refused = (reason: StoreError): 'refused' => {
      this.#capabilities.tagWasRefused(repository, reason);
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
      if (isAccepted && capability === 'by-tag') return 'deleted';
      mayBeDone ||= isAccepted;
      if (await this.#isThere(repository, tag, digest)) {
        if (isAccepted) return refused(stays(repository, tag, 202));
        // Some registries hide a missing right behind 404.
        throw stays(repository, tag, 404);
      }
      if (isAccepted) this.#capabilities.tagWasDeleted(repository);
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
