// Deletes tags where a registry deletes by digest alone, which takes every tag of the digest: the tags get a digest of
// their own first (a dummy that they share), and that one is deleted. Nothing is begun before it is recorded, and
// nothing at all where the registry does not delete.
import type { Logger } from 'pino';
import { randomDigest } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError } from '../api/failure.ts';
import { retrying } from '../api/retrying.ts';
import type { TagDigests } from '../api/tag-digests.ts';
import type { Intents } from '../intents.ts';
import { type Failures, failuresOf, findLeftovers, type Leftovers } from './leftovers.ts';
import { Dummies, type Ending, isPassing } from './placeholder-rounds.ts';
import { Evidence } from './registry-behaviour.ts';

/**
 * A push lists its tag first, and lets it lead somewhere then (distribution's `Tag`): one that leads nowhere is left by
 * a delete only when it still does after so many milliseconds.
 */
const PUSH_MS = 1_000;

export class DummyDelete {
  readonly #distribution: Distribution;
  readonly #intents: Intents;
  readonly #log: Logger;
  readonly #evidence = new Evidence();
  readonly #dummies: Dummies;

  constructor(distribution: Distribution, intents: Intents, log: Logger) {
    this.#distribution = distribution;
    this.#intents = intents;
    this.#log = log;
    this.#dummies = new Dummies(distribution, this.#evidence, log);
  }

  /**
   * Deletes tags, of which no other call may delete any at the same time.
   * @param held the digests that they have
   * @returns the tags that stay, and why
   * @throws StoreError where nothing was begun
   */
  async deleteTags(repository: string, held: TagDigests): Promise<Failures> {
    this.#evidence.checkDummiesGo(repository);
    await this.#checkDeletionIsOn(repository);
    if (this.#evidence.isProven) return this.#deleteRecorded(repository, held);
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
   * @returns whether all of it is over: else something that was sent may still arrive
   * @throws StoreError where it could not be finished
   */
  async finish(repository: string, replaced: TagDigests): Promise<boolean> {
    const options = { isListTrusted: this.#evidence.isProven, patienceMs: PUSH_MS };
    const left = await findLeftovers(this.#distribution, repository, replaced, options);
    const { failures, isCertain } = await this.#finishLeft(repository, left);
    const [failure] = [...failures.values(), ...left.failures.values()];
    if (failure !== undefined) throw failure;
    return isCertain;
  }

  async #finishLeft(repository: string, left: Leftovers): Promise<Ending> {
    if (left.tags.size === 0) return { failures: new Map(), isCertain: true };
    this.#log.warn({ repository, tags: [...left.tags.keys()] }, 'finishing a delete that was interrupted');
    try {
      await this.#checkDeletionIsOn(repository);
    } catch (error) {
      if (!isPassing(error)) await this.#dummies.putBack(repository, left.tags, left.dummies);
      throw error;
    }
    return this.#dummies.remove(repository, left);
  }

  /** A registry that does not delete would keep the dummies, and the images would be gone (regclient issue 819). */
  async #checkDeletionIsOn(repository: string): Promise<void> {
    const deletion = await retrying(() => this.#distribution.deleteManifest(repository, randomDigest()));
    if (deletion.kind === 'refused') throw deletion.failure;
  }

  /** @returns failures alone: of another part of the same batch something may be done already */
  async #deleteRecorded(repository: string, held: TagDigests): Promise<Failures> {
    const intent = await this.#intents.record(repository, held).catch(asStoreError);
    if (intent instanceof Error) return failuresOf(held, intent);
    let isOver = false;
    try {
      const put = await this.#dummies.put(repository, held);
      const tags = new Map([...held].filter(([tag]) => !put.failures.has(tag)));
      const left = { tags, dummies: put.digests, astray: new Map(), images: new Map(), failures: new Map() };
      const removed = await this.#dummies.remove(repository, left);
      const failures = new Map([...put.failures, ...removed.failures]);
      isOver = failures.size === 0 && put.isCertain && removed.isCertain;
      return failures;
    } finally {
      await intent.close(isOver);
    }
  }
}
