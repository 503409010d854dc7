// Deletes a batch of tags of one repository in the way that the registry knows.
import type { Logger } from 'pino';
import type { DeleteMode } from '../../registry-settings.ts';
import { StoreError } from '../../store.ts';
import type { BatchOutcome } from '../delete-queue.ts';
import { NO_DIGEST } from './digest.ts';
import type { Distribution } from './distribution.ts';
import type { DummyDelete } from './dummy-delete.ts';
import { asStoreError, RegistryFailure } from './failure.ts';
import { digestOf } from './leftovers.ts';
import { retrying } from './retrying.ts';
import type { TagDigests } from './tag-digests.ts';

/** After these the registry may have done what it was asked. */
const MAY_BE_DONE: ReadonlySet<string> = new Set(['unavailable', 'unreachable']);

export class TagDelete {
  readonly #distribution: Distribution;
  readonly #dummyDelete: DummyDelete;
  readonly #mode: DeleteMode;
  readonly #log: Logger;
  /** Whether the registry deletes by tag; undefined as long as it has not been asked. */
  #isByTag: boolean | undefined;

  constructor(distribution: Distribution, dummyDelete: DummyDelete, mode: DeleteMode, log: Logger) {
    this.#distribution = distribution;
    this.#dummyDelete = dummyDelete;
    this.#mode = mode;
    this.#log = log;
    this.#isByTag = { auto: undefined, tag: true, fallback: false }[mode];
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
    await Promise.all([...tags].map(look));
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
      const { hasRepository, tags } = await this.#distribution.listTags(repository, 1);
      if (!hasRepository) throw new StoreError('repository-not-found', `the registry has no repository ${repository}`);
      const listed = absent.filter((tag) => tags?.has(tag));
      // Again: a tag that is listed now may have been pushed a moment ago.
      for (const tag of await this.#lookUp(repository, listed, held, outcomes)) held.set(tag, NO_DIGEST);
    } catch (error) {
      for (const tag of absent) outcomes.set(tag, asStoreError(error));
    }
  }

  async #deleteHeld(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<void> {
    const [first] = held;
    if (this.#isByTag === undefined && first !== undefined) await this.#tryByTag(repository, first, outcomes);
    const rest = new Map([...held].filter(([tag]) => !outcomes.has(tag)));
    if (this.#isByTag) await this.#deleteByTag(repository, rest, outcomes);
    else if (rest.size > 0) await this.#deleteByDummy(repository, rest, outcomes);
  }

  /** The first delete shows whether this registry deletes by tag; one that refuses has touched nothing. */
  async #tryByTag(repository: string, [tag, digest]: [string, string], outcomes: BatchOutcome): Promise<void> {
    const deletion = await this.#distribution.deleteManifest(repository, tag);
    const isThere = deletion.kind !== 'refused' && (await this.#isThere(repository, tag, digest));
    if (deletion.kind === 'refused' || (deletion.kind === 'deleted' && isThere)) {
      this.#log.info({ repository }, 'the registry does not delete by tag');
      return;
    }
    // What else it would hide, a dummy must not find out.
    if (isThere) throw hidden(repository, tag);
    if (deletion.kind === 'deleted') this.#isByTag = true;
    outcomes.set(tag, deletion.kind === 'deleted' ? digestsOf(digest) : tagNotFound(repository, tag));
  }

  async #isThere(repository: string, tag: string, digest: string): Promise<boolean> {
    const found = await this.#distribution.lookUp(repository, tag);
    return found.kind !== 'absent' && digestOf(found, tag) === digest;
  }

  async #deleteByTag(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<void> {
    const deleteOne = async ([tag, digest]: [string, string]): Promise<void> => {
      const isDeleted = await this.#deleteSurely(repository, tag, digest).catch(asStoreError);
      if (isDeleted instanceof StoreError) outcomes.set(tag, isDeleted);
      else outcomes.set(tag, isDeleted ? digestsOf(digest) : tagNotFound(repository, tag));
    };
    await Promise.all([...held].map(deleteOne));
  }

  /**
   * @returns false where another delete was faster
   * @throws StoreError
   */
  #deleteSurely(repository: string, tag: string, digest: string): Promise<boolean> {
    let mayBeDone = false;
    return retrying(async () => {
      try {
        const deletion = await this.#distribution.deleteManifest(repository, tag);
        if (deletion.kind === 'refused') throw this.#relearn(deletion.failure);
        if (deletion.kind === 'deleted') return true;
      } catch (error) {
        // A try that failed may have deleted the tag: then it was this call that did.
        mayBeDone ||= MAY_BE_DONE.has(asStoreError(error).kind);
        throw error;
      }
      if (await this.#isThere(repository, tag, digest)) throw hidden(repository, tag);
      return mayBeDone;
    });
  }

  /** A registry that has deleted by tag and refuses it now is asked anew what it does. */
  #relearn(failure: StoreError): StoreError {
    if (this.#mode === 'auto') this.#isByTag = undefined;
    return failure;
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
function hidden(repository: string, tag: string): StoreError {
  return new RegistryFailure('not-understood', `${repository}: delete of ${tag}: 404, and it is there`);
}

function tagNotFound(repository: string, tag: string): StoreError {
  return new StoreError('tag-not-found', `${repository}: another delete of ${tag} was faster`);
}
