// Deletes a batch of tags of one repository in the way that the registry knows.
import type { Logger } from 'pino';
import { StoreError } from '../../../store.ts';
import type { BatchOutcome } from '../../delete-queue.ts';
import { sideBySide } from '../api/concurrently.ts';
import { NO_DIGEST } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError, notUnderstood } from '../api/failure.ts';
import { retrying } from '../api/retrying.ts';
import type { TagDigests } from '../api/tag-digests.ts';
import type { DeleteMode } from '../options.ts';
import type { DummyDelete } from './delete-by-placeholder.ts';
import { digestOf } from './leftovers.ts';

/** After these the registry may have done what it was asked. */
const MAY_BE_DONE: ReadonlySet<string> = new Set(['unavailable', 'unreachable']);

export class TagDelete {
  readonly #distribution: Distribution;
  readonly #dummyDelete: DummyDelete;
  readonly #mode: DeleteMode;
  readonly #log: Logger;
  /** Whether the registry deletes by tag; undefined as long as it has not shown it. */
  #isByTag: boolean | undefined;

  constructor(distribution: Distribution, dummyDelete: DummyDelete, mode: DeleteMode, log: Logger) {
    this.#distribution = distribution;
    this.#dummyDelete = dummyDelete;
    this.#mode = mode;
    this.#log = log;
    this.#isByTag = mode === 'fallback' ? false : undefined;
  }

  /** @throws StoreError where the registry does not say what it has */
  async deleteTags(repository: string, tags: ReadonlySet<string>): Promise<BatchOutcome> {
    const outcomes: BatchOutcome = new Map();
    const held = new Map<string, string>();
    const absent = await this.#lookUp(repository, tags, held, outcomes);
    if (absent.length > 0) await this.#lookCloser(repository, absent, held, outcomes);
    try {
      await this.#deleteHeld(repository, held, outcomes);
    } catch (error) {
      // What is done is done: only the others failed.
      for (const tag of held.keys()) if (!outcomes.has(tag)) outcomes.set(tag, asStoreError(error));
    }
    return outcomes;
  }

  /** @returns the tags that seem not to exist */
  async #lookUp(
    repository: string,
    tags: Iterable<string>,
    held: Map<string, string>,
    outcomes: BatchOutcome,
  ): Promise<string[]> {
    const absent: string[] = [];
    const look = async (tag: string): Promise<void> => {
      const found = await this.#distribution.lookUp(repository, tag).catch(asStoreError);
      if (found instanceof StoreError) outcomes.set(tag, found);
      else if (found.kind === 'absent') absent.push(tag);
      else held.set(tag, digestOf(found, tag));
    };
    await sideBySide(tags, look);
    return absent;
  }

  /** The repository may be missing as well; and what is listed exists, to whoever lists the tags. */
  async #lookCloser(
    repository: string,
    absent: readonly string[],
    held: Map<string, string>,
    outcomes: BatchOutcome,
  ): Promise<void> {
    try {
      const { hasRepository, tags } = await this.#distribution.listTags(repository, new Set(absent), 1);
      if (!hasRepository) throw new StoreError('repository-not-found', `the registry has no repository ${repository}`);
      const listed = absent.filter((tag) => tags?.has(tag));
      // Again: a tag that is listed now may have been pushed a moment ago.
      for (const tag of await this.#lookUp(repository, listed, held, outcomes)) held.set(tag, NO_DIGEST);
    } catch (error) {
      for (const tag of absent) outcomes.set(tag, asStoreError(error));
    }
  }

  async #deleteHeld(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<void> {
    const refused = this.#isByTag === false ? held : await this.#deleteByTag(repository, held, outcomes);
    if (refused.size > 0) await this.#deleteByDummy(repository, refused, outcomes);
  }

  async #isThere(repository: string, tag: string, digest: string): Promise<boolean> {
    const found = await this.#distribution.lookUp(repository, tag);
    return found.kind !== 'absent' && digestOf(found, tag) === digest;
  }

  /** @returns the tags that the registry does not delete so: it has touched none of them */
  async #deleteByTag(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<TagDigests> {
    const refused = new Map<string, string>();
    const deleteOne = async ([tag, digest]: [string, string]): Promise<void> => {
      const done = await this.#deleteSurely(repository, tag, digest).catch(asStoreError);
      if (done === 'refused') refused.set(tag, digest);
      else if (done instanceof StoreError) outcomes.set(tag, done);
      else outcomes.set(tag, done === 'deleted' ? digestsOf(digest) : tagNotFound(repository, tag));
    };
    const rest = [...held];
    if (this.#isByTag === undefined) {
      // One tag shows what the registry does. Where that tells nothing, as a 404 would, the others ask the same: what
      // is hidden behind it a dummy must not find out.
      await sideBySide(rest.splice(0, 1), deleteOne);
      if (refused.size > 0) return held;
    }
    await sideBySide(rest, deleteOne);
    return refused;
  }

  /**
   * @returns `absent` where another delete was faster
   * @throws StoreError
   */
  #deleteSurely(repository: string, tag: string, digest: string): Promise<'deleted' | 'absent' | 'refused'> {
    let mayBeDone = false;
    return retrying(async () => {
      const deletion = await this.#distribution.deleteManifest(repository, tag).catch((error: unknown) => {
        // A try that failed may have deleted the tag: then it was this call that did.
        mayBeDone ||= MAY_BE_DONE.has(asStoreError(error).kind);
        throw error;
      });
      if (deletion.kind === 'refused') return this.#refused(repository, deletion.failure);
      if (deletion.kind === 'deleted' && this.#isByTag) return 'deleted';
      mayBeDone ||= deletion.kind === 'deleted';
      const isThere = await this.#isThere(repository, tag, digest);
      if (deletion.kind === 'deleted' && isThere) return this.#refused(repository, stays(repository, tag, 202));
      if (isThere) throw stays(repository, tag, 404);
      if (deletion.kind === 'deleted') this.#isByTag = true;
      return mayBeDone ? 'deleted' : 'absent';
    });
  }

  /** A registry that has deleted by tag and refuses it now is asked anew what it does. */
  #refused(repository: string, failure: StoreError): 'refused' {
    if (this.#mode === 'tag') throw failure;
    this.#log.info({ repository }, 'the registry does not delete by tag');
    this.#isByTag = undefined;
    return 'refused';
  }

  async #deleteByDummy(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<void> {
    const failures = await this.#dummyDelete.deleteTags(repository, held);
    for (const [tag, digest] of held) outcomes.set(tag, failures.get(tag) ?? digestsOf(digest));
    // Whoever was deleted so once has no need to ask for the other way again.
    if (failures.size < held.size) this.#isByTag = false;
  }
}

function digestsOf(digest: string): readonly string[] {
  return digest === NO_DIGEST ? [] : [digest];
}

/** Some hide a missing right behind 404. */
function stays(repository: string, tag: string, status: number): StoreError {
  return notUnderstood(repository, `delete of ${tag}: ${status}, and it is there`);
}

function tagNotFound(repository: string, tag: string): StoreError {
  return new StoreError('tag-not-found', `${repository}: another delete of ${tag} was faster`);
}
