// Deletes tags where a registry deletes by digest alone, which takes every tag of the digest: the tags get a digest of
// their own first (a dummy that they share), and that one is deleted.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StoreError } from '../../store.ts';
import { randomDigest } from './digest.ts';
import type { Distribution, Manifest } from './distribution.ts';
import { createDummy, type TagDigests } from './dummy.ts';
import { asStoreError, RegistryFailure } from './failure.ts';
import type { Intents } from './intents.ts';
import { findLeftovers, putBack } from './leftovers.ts';
import { asLongAsAsked } from './retrying.ts';

/**
 * docker-registry 2.8.2 answers a quarter of the deletes with 500 while others push to the repository, and leaves tags
 * without a manifest behind: a further dummy repairs them.
 */
const MAX_TRIES = 10;
const TRY_PAUSE_MS = 20;

/** Failures after which the registry may still be asked to finish. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'unreachable', 'throttled']);

/** Why tags stay, by tag. */
type Failures = ReadonlyMap<string, StoreError>;

export class DummyDelete {
  readonly #distribution: Distribution;
  readonly #intents: Intents;
  readonly #log: Logger;
  /** Whether a delete was seen to have worked on this registry. */
  #isProven = false;
  #keepsDummies = false;

  constructor(distribution: Distribution, intents: Intents, log: Logger) {
    this.#distribution = distribution;
    this.#intents = intents;
    this.#log = log;
  }

  /**
   * Deletes tags, of which no other call may delete any at the same time.
   * @param held the digests that they have
   * @returns the tags that stay, and why
   * @throws StoreError where nothing was begun
   */
  async deleteTags(repository: string, held: TagDigests): Promise<Failures> {
    if (this.#keepsDummies) throw keepsDummies(repository);
    await this.#checkDeletionIsOn(repository);
    // A registry that is not known yet gets one tag to show what it does.
    const [first] = held;
    if (this.#isProven || held.size < 2 || first === undefined) return this.#deleteRecorded(repository, held);
    const failures = new Map(await this.#deleteRecorded(repository, new Map([first])));
    const rest = new Map([...held].slice(1));
    try {
      return new Map([...failures, ...(await this.deleteTags(repository, rest))]);
    } catch (error) {
      // The first one is done, whatever becomes of the others.
      return new Map([...failures, ...failuresOf(rest, error)]);
    }
  }

  /**
   * Finishes what a server that ended had begun.
   * @param replaced the tags that got a dummy, or were about to, and the digests that they had
   * @throws StoreError where it could not be finished
   */
  async finish(repository: string, replaced: TagDigests): Promise<void> {
    const { tags: unfinished } = await findLeftovers(this.#distribution, repository, replaced, false);
    if (unfinished.size === 0) return;
    this.#log.warn({ repository, tags: [...unfinished.keys()] }, 'finishing a delete that was interrupted');
    try {
      await this.#checkDeletionIsOn(repository);
    } catch (error) {
      await putBack(this.#distribution, repository, unfinished, this.#log);
      throw error;
    }
    const [failure] = (await this.#deleteThroughDummies(repository, unfinished)).values();
    if (failure !== undefined) throw failure;
  }

  /** A registry that does not delete would keep the dummies, and the images would be gone (regclient issue 819). */
  async #checkDeletionIsOn(repository: string): Promise<void> {
    const deletion = await this.#distribution.deleteManifest(repository, randomDigest());
    if (deletion.kind === 'refused') throw deletion.failure;
  }

  async #deleteRecorded(repository: string, held: TagDigests): Promise<Failures> {
    const recorded = await this.#intents.record(repository, held);
    try {
      const failures = await this.#deleteThroughDummies(repository, held);
      // A dummy that was sent without an answer may arrive late: then the intent is needed.
      if (failures.size === 0) await recorded.remove();
      return failures;
    } catch (error) {
      return failuresOf(held, error);
    }
  }

  async #deleteThroughDummies(repository: string, tags: TagDigests): Promise<Failures> {
    let unfinished = tags;
    let dummy = createDummy(unfinished);
    const failures = await this.#putDummy(repository, dummy, unfinished);
    unfinished = new Map([...tags].filter(([tag]) => !failures.has(tag)));
    for (let tries = 1; unfinished.size > 0; tries += 1) {
      const deletion = await this.#deleteDummy(repository, dummy, unfinished);
      const isListTrusted = this.#isProven && deletion === 'deleted';
      const left = await findLeftovers(this.#distribution, repository, unfinished, isListTrusted);
      unfinished = left.tags;
      const isKept = deletion !== 'unknown' && left.digests.has(dummy.digest);
      if (isKept && !this.#isProven) await this.#giveUpDummies(repository, unfinished);
      if (unfinished.size === 0) this.#isProven = true;
      else dummy = await this.#repair(repository, unfinished, tries);
    }
    return failures;
  }

  /** @returns the tags that did not get it */
  async #putDummy(repository: string, dummy: Manifest, tags: TagDigests): Promise<Failures> {
    const failures = new Map<string, StoreError>();
    await Promise.all(
      [...tags.keys()].map((tag) =>
        this.#distribution
          .putManifest(repository, tag, dummy)
          .catch((error: unknown) => failures.set(tag, asStoreError(error))),
      ),
    );
    return failures;
  }

  /** @returns what the registry says of it; where it failed, nobody knows how far it came */
  async #deleteDummy(repository: string, dummy: Manifest, tags: TagDigests): Promise<'deleted' | 'absent' | 'unknown'> {
    try {
      const deletion = await this.#distribution.deleteManifest(repository, dummy.digest);
      if (deletion.kind === 'refused') throw deletion.failure;
      return deletion.kind;
    } catch (error) {
      if (error instanceof RegistryFailure && PASSING.has(error.kind)) {
        await asLongAsAsked(error);
        return 'unknown';
      }
      await putBack(this.#distribution, repository, tags, this.#log);
      throw error;
    }
  }

  async #repair(repository: string, unfinished: TagDigests, tries: number): Promise<Manifest> {
    const tags = [...unfinished.keys()];
    if (tries >= MAX_TRIES) {
      throw new RegistryFailure('unavailable', `${repository}: after ${tries} tries not deleted: ${tags.join(', ')}`);
    }
    this.#log.info({ repository, tags, tries }, 'the registry left tags half deleted: repairing');
    // By chance: another server may be repairing the same tags.
    await delay(TRY_PAUSE_MS * tries * (1 + Math.random()));
    const dummy = createDummy(unfinished);
    // A tag that does not get it is still unfinished after the delete.
    await this.#putDummy(repository, dummy, unfinished);
    return dummy;
  }

  /** A registry has been seen that keeps a tag on a digest that it has deleted. */
  async #giveUpDummies(repository: string, tags: TagDigests): Promise<never> {
    this.#keepsDummies = true;
    await putBack(this.#distribution, repository, tags, this.#log);
    throw keepsDummies(repository);
  }
}

function keepsDummies(repository: string): RegistryFailure {
  return new RegistryFailure(
    'deletion-disabled',
    `${repository}: the registry does not delete a tag with its digest, so single tags cannot be deleted there`,
  );
}

function failuresOf(tags: TagDigests, error: unknown): Failures {
  const failure = asStoreError(error);
  return new Map([...tags.keys()].map((tag) => [tag, failure]));
}
