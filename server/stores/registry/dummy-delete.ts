// Deletes tags where a registry deletes by digest alone, which takes every tag of the digest: the tags get a digest of
// their own first (a dummy that they share), and that one is deleted.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StoreError } from '../../store.ts';
import type { Manifest } from './answers.ts';
import { randomDigest } from './digest.ts';
import type { Distribution } from './distribution.ts';
import { createDummy } from './dummy.ts';
import { asStoreError, RegistryFailure } from './failure.ts';
import type { Intents } from './intents.ts';
import { findLeftovers, type Leftovers, putBack } from './leftovers.ts';
import { asLongAsAsked, retrying } from './retrying.ts';
import type { TagDigests } from './tag-digests.ts';

/**
 * docker-registry 2.8.2 answers a quarter of the deletes with 500 while others push to the repository, and leaves tags
 * without a manifest behind: a further dummy repairs them.
 */
const MAX_TRIES = 10;
const TRY_PAUSE_MS = 20;
/** No try is begun after so many milliseconds: a registry that looks through all tags on S3 takes long for each. */
const TRY_UNTIL_MS = 60_000;

/** A registry that says 404 for a dummy that a tag still holds may have been asked while another server repaired. */
const DENIALS = 2;

/** Failures after which nobody knows how far the registry came, and it may be asked again. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'unreachable', 'throttled']);

/** Why tags stay, by tag. */
type Failures = ReadonlyMap<string, StoreError>;

/** What the registry said to the delete of a dummy. */
type Said = 'deleted' | 'absent' | 'unknown';

export class DummyDelete {
  readonly #distribution: Distribution;
  readonly #intents: Intents;
  readonly #log: Logger;
  /** Whether a tag was seen to be gone when the registry had said so. */
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
    if (this.#isProven) return this.#deleteRecorded(repository, held);
    // A registry that is not known yet gets one tag to show what it does.
    const [first, ...others] = held;
    const rest = new Map(others);
    const failures = await this.#deleteRecorded(repository, new Map(first && [first]));
    const [failure] = failures.values();
    if (failure !== undefined) return failuresOf(held, failure);
    return rest.size === 0 ? failures : this.#deleteRecorded(repository, rest);
  }

  /**
   * Finishes what a server that ended had begun.
   * @param replaced the tags that got a dummy, or were about to, and the digests that they had
   * @throws StoreError where it could not be finished
   */
  async finish(repository: string, replaced: TagDigests): Promise<void> {
    const left = await findLeftovers(this.#distribution, repository, replaced, this.#isProven);
    if (left.tags.size === 0) return;
    this.#log.warn({ repository, tags: [...left.tags.keys()] }, 'finishing a delete that was interrupted');
    try {
      await this.#checkDeletionIsOn(repository);
    } catch (error) {
      if (!isPassing(error)) await this.#putBack(repository, left.tags);
      throw error;
    }
    await this.#deleteLeftovers(repository, left);
  }

  /** A registry that does not delete would keep the dummies, and the images would be gone (regclient issue 819). */
  async #checkDeletionIsOn(repository: string): Promise<void> {
    const deletion = await retrying(() => this.#distribution.deleteManifest(repository, randomDigest()));
    if (deletion.kind === 'refused') throw deletion.failure;
  }

  async #deleteRecorded(repository: string, held: TagDigests): Promise<Failures> {
    const intent = await this.#intents.record(repository, held);
    let isDone = false;
    try {
      const dummy = createDummy(held);
      const { failures, isCertain } = await this.#putDummy(repository, dummy, held);
      const tags = new Map([...held].filter(([tag]) => !failures.has(tag)));
      try {
        const left = { tags, dummies: new Set([dummy.digest]), astray: new Map(), hasImages: false };
        await this.#deleteLeftovers(repository, left);
        isDone = isCertain && failures.size === 0;
        return failures;
      } catch (error) {
        return new Map([...failures, ...failuresOf(tags, error)]);
      }
    } finally {
      await intent.close(isDone);
    }
  }

  /** Deletes dummies until none of the tags is left; else gives the tags their images back. */
  async #deleteLeftovers(repository: string, first: Leftovers): Promise<void> {
    const until = performance.now() + TRY_UNTIL_MS;
    let left = first;
    let denials = 0;
    for (let tries = 1; left.tags.size > 0; tries += 1) {
      if (tries > MAX_TRIES || performance.now() > until) {
        await this.#giveUp(repository, left.tags, 'unavailable', `not deleted after ${tries - 1} tries`);
      }
      const deletions = await this.#deleteDummies(repository, left);
      const isSaidToBeDone = [...deletions.values()].every((said) => said === 'deleted');
      // By chance: another server may be at the same tags.
      if (tries > 1 || !isSaidToBeDone) await delay(TRY_PAUSE_MS * tries * (1 + Math.random()));
      left = await findLeftovers(this.#distribution, repository, left.tags, this.#isProven && isSaidToBeDone);
      const kept = [...left.dummies].map((digest) => deletions.get(digest));
      if (kept.includes('deleted') && !this.#isProven) {
        this.#keepsDummies = true;
        await this.#giveUp(repository, left.tags, 'deletion-disabled', KEEPS_DUMMIES);
      }
      if (kept.includes('absent')) denials += 1;
      if (denials >= DENIALS) {
        await this.#giveUp(repository, left.tags, 'not-understood', '404 for the delete of a manifest that is there');
      }
      if (isSaidToBeDone && left.tags.size === 0 && !left.hasImages) this.#isProven = true;
    }
  }

  /** @returns the tags that did not get it, and whether all of that is certain: what had no answer may arrive late */
  async #putDummy(
    repository: string,
    dummy: Manifest,
    tags: TagDigests,
  ): Promise<{ readonly failures: Failures; readonly isCertain: boolean }> {
    const failures = new Map<string, StoreError>();
    let isCertain = true;
    const put = async (tag: string): Promise<void> => {
      try {
        const { hadFailures } = await this.#distribution.putManifest(repository, tag, dummy);
        if (hadFailures) isCertain = false;
      } catch (error) {
        failures.set(tag, asStoreError(error));
      }
    };
    await Promise.all([...tags.keys()].map(put));
    // One that was stored as something else has moved its tag all the same.
    const misstored = [...tags].filter(([tag]) => failures.get(tag)?.kind === 'not-understood');
    if (misstored.length > 0) await this.#putBack(repository, new Map(misstored));
    return { failures, isCertain };
  }

  /** Deletes the dummies that tags hold; those that lead nowhere get one first. */
  async #deleteDummies(repository: string, { tags, dummies, astray }: Leftovers): Promise<ReadonlyMap<string, Said>> {
    const digests = new Set(dummies);
    if (astray.size > 0) {
      this.#log.info({ repository, tags: [...astray.keys()] }, 'the registry left tags half deleted: repairing');
      const dummy = createDummy(astray);
      await this.#putDummy(repository, dummy, astray);
      digests.add(dummy.digest);
    }
    const deletions = new Map<string, Said>();
    try {
      for (const digest of digests) deletions.set(digest, await this.#deleteDummy(repository, digest));
    } catch (error) {
      await this.#putBack(repository, tags);
      throw error;
    }
    return deletions;
  }

  /** @throws StoreError after which asking again would not help */
  async #deleteDummy(repository: string, digest: string): Promise<Said> {
    try {
      const deletion = await this.#distribution.deleteManifest(repository, digest);
      if (deletion.kind === 'refused') throw deletion.failure;
      return deletion.kind;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (error instanceof RegistryFailure) await asLongAsAsked(error);
      return 'unknown';
    }
  }

  async #giveUp(repository: string, tags: TagDigests, kind: StoreError['kind'], why: string): Promise<never> {
    await this.#putBack(repository, tags);
    throw new RegistryFailure(kind, `${repository}: ${why}`);
  }

  #putBack(repository: string, tags: TagDigests): Promise<void> {
    return putBack(this.#distribution, repository, tags, this.#log);
  }
}

const KEEPS_DUMMIES = 'the registry keeps a tag whose digest it has deleted, so single tags cannot be deleted there';

function keepsDummies(repository: string): RegistryFailure {
  return new RegistryFailure('deletion-disabled', `${repository}: ${KEEPS_DUMMIES}`);
}

function isPassing(error: unknown): boolean {
  return PASSING.has(asStoreError(error).kind);
}

function failuresOf(tags: TagDigests, error: unknown): Failures {
  const failure = asStoreError(error);
  return new Map([...tags.keys()].map((tag) => [tag, failure]));
}
