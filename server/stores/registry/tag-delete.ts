// Deletes a batch of tags of one repository in the way that the registry knows.
import type { Logger } from 'pino';
import { StoreError } from '../../store.ts';
import type { BatchOutcome } from '../delete-queue.ts';
import type { Deletion, Distribution, Lookup } from './distribution.ts';
import { NO_DIGEST, replacedBy, type TagDigests } from './dummy.ts';
import type { DummyDelete } from './dummy-delete.ts';
import { asStoreError, RegistryFailure } from './failure.ts';
import { retrying } from './retrying.ts';

/** How tags are deleted. `auto`: by tag where the registry does that, else by a dummy's digest. */
export const DELETE_MODES = ['auto', 'tag', 'fallback'] as const;
export type DeleteMode = (typeof DELETE_MODES)[number];

export class TagDelete {
  readonly #distribution: Distribution;
  readonly #dummyDelete: DummyDelete;
  readonly #log: Logger;
  /** Whether the registry deletes by tag; undefined as long as it has not been asked. */
  #isByTag: boolean | undefined;

  constructor(distribution: Distribution, dummyDelete: DummyDelete, mode: DeleteMode, log: Logger) {
    this.#distribution = distribution;
    this.#dummyDelete = dummyDelete;
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
    const { hasRepository, tags } = await this.#distribution.listTags(repository);
    if (!hasRepository) {
      const failure = new StoreError('repository-not-found', `the registry has no repository ${repository}`);
      for (const tag of absent) outcomes.set(tag, failure);
    }
    const listed = absent.filter((tag) => tags?.has(tag));
    // Again: a tag that is listed now may have been pushed a moment ago.
    for (const tag of await this.#lookUp(repository, listed, held, outcomes)) held.set(tag, NO_DIGEST);
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
    // Some hide a missing right so; what else they would hide, a dummy must not find out.
    if (isThere) throw new RegistryFailure('not-understood', `${repository}: delete of ${tag}: 404, and it is there`);
    this.#isByTag = true;
    if (deletion.kind === 'deleted') outcomes.set(tag, digestsOf(digest));
    else outcomes.set(tag, tagNotFound(repository, tag));
  }

  async #isThere(repository: string, tag: string, digest: string): Promise<boolean> {
    const found = await this.#distribution.lookUp(repository, tag);
    return found.kind !== 'absent' && digestOf(found, tag) === digest;
  }

  async #deleteByTag(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<void> {
    const deleteOne = async ([tag, digest]: [string, string]): Promise<void> => {
      const deletion = await this.#deleteSurely(repository, tag).catch(asStoreError);
      if (deletion instanceof StoreError) outcomes.set(tag, deletion);
      else if (deletion.kind === 'refused') outcomes.set(tag, deletion.failure);
      else if (deletion.kind === 'deleted') outcomes.set(tag, digestsOf(digest));
      else outcomes.set(tag, tagNotFound(repository, tag));
    };
    await Promise.all([...held].map(deleteOne));
  }

  /** A try that failed may have deleted the tag: then it was this call that did. */
  #deleteSurely(repository: string, tag: string): Promise<Deletion> {
    let mayBeDone = false;
    return retrying(async () => {
      try {
        const deletion = await this.#distribution.deleteManifest(repository, tag);
        return deletion.kind === 'absent' && mayBeDone ? { kind: 'deleted' } : deletion;
      } catch (error) {
        mayBeDone = true;
        throw error;
      }
    });
  }

  async #deleteByDummy(repository: string, held: TagDigests, outcomes: BatchOutcome): Promise<void> {
    const failures = await this.#dummyDelete.deleteTags(repository, held);
    for (const [tag, digest] of held) outcomes.set(tag, failures.get(tag) ?? digestsOf(digest));
    // Whoever was deleted so once has no need to ask for the other way again.
    if (failures.size < held.size) this.#isByTag = false;
  }
}

/** Of a dummy that somebody left behind, the digest that it replaced. */
function digestOf(found: Exclude<Lookup, { kind: 'absent' }>, tag: string): string {
  if (found.kind === 'dangling') return found.digest;
  return replacedBy(found.manifest)?.get(tag) ?? found.manifest.digest;
}

function digestsOf(digest: string): readonly string[] {
  return digest === NO_DIGEST ? [] : [digest];
}

function tagNotFound(repository: string, tag: string): StoreError {
  return new StoreError('tag-not-found', `${repository}: another delete of ${tag} was faster`);
}
