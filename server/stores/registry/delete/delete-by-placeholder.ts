// Deletes tags in a registry that deletes by digest only, which takes every tag of the digest:
//
//   1. Check that the registry deletes at all, and record what is about to be done.
//   2. Put a placeholder on the tags: up to 64 share one, whose digest no other tag has.
//   3. DELETE the placeholder's digest.
//   4. Look at the tags again. Repeat from 3 while a tag holds a placeholder; one that dangles gets a new one first.
//   5. After ten tries or a minute, or if the registry refuses: give the tags their images back.
//
// An unknown registry goes through this with one tag before the others are touched.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StoreError } from '../../../store.ts';
import { randomDigest, type TagDigests } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError, RegistryFailure } from '../api/failure.ts';
import { pauseAsAsked, retrying } from '../api/retrying.ts';
import type { Intents } from '../intents.ts';
import { type Failures, failuresOf, findLeftovers, type Leftovers } from './leftovers.ts';
import { isProbeTag } from './probe.ts';
import { PlaceholderWriter } from './put-placeholders.ts';
import { RegistryBehaviours, type Said, type Statements } from './registry-behaviour.ts';
import { restoreImages } from './restore-images.ts';

/**
 * docker-registry 2.8.2 answers a quarter of the deletes with 500 while others push to the repository, and leaves tags
 * without a manifest behind: a further placeholder repairs them.
 */
const MAX_TRIES = 10;
const TRY_PAUSE_MS = 20;
/** No try begins later than this: a registry that reads all tags from S3 takes long for each. */
const TRY_UNTIL_MS = 60_000;

/**
 * A push lists its tag before the tag leads to a manifest (distribution's `Tag`). A tag that leads nowhere counts as left
 * by a delete only if it still does after this time.
 */
const PUSH_MS = 1_000;

/** Failures after which it is open how far the registry came; it may be asked again. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'unreachable', 'throttled']);

/** How the delete of several tags ended. */
interface Ending {
  /** The tags that stay, and why. */
  readonly failures: Failures;
  /** Whether none of its requests can arrive later: one without a clear answer may. */
  readonly isCertain: boolean;
}

export class PlaceholderDelete {
  readonly #distribution: Distribution;
  readonly #intents: Intents;
  readonly #log: Logger;
  readonly #behaviours = new RegistryBehaviours();
  readonly #writer: PlaceholderWriter;

  constructor(distribution: Distribution, intents: Intents, log: Logger) {
    this.#distribution = distribution;
    this.#intents = intents;
    this.#log = log;
    this.#writer = new PlaceholderWriter(distribution, log);
  }

  /**
   * Deletes tags. No other call may delete any of them at the same time.
   * @param held the tags and their digests
   * @returns the tags that stay, and why
   * @throws StoreError if nothing was begun
   */
  async deleteTags(repository: string, held: TagDigests): Promise<Failures> {
    const behaviour = this.#behaviours.of(repository);
    behaviour.checkPlaceholdersGo();
    await this.#checkDeletionIsOn(repository);
    const [first, ...others] = held;
    const rest = new Map(others);
    if (!behaviour.isProven && rest.size > 0) {
      const failures = await this.#deleteRecorded(repository, new Map(first && [first]));
      const [failure] = failures.values();
      if (failure !== undefined) return failuresOf(held, failure);
      return this.#deleteRecorded(repository, rest);
    }
    return this.#deleteRecorded(repository, held);
  }

  /**
   * Finishes what a server that ended had begun.
   * @param replaced the tags that got a placeholder, or were about to, and the digests that they had
   * @returns whether all of it is over: otherwise one of its requests may still arrive
   * @throws StoreError if it could not be finished
   */
  async finish(repository: string, replaced: TagDigests): Promise<boolean> {
    // A registry may delete by tag and not by digest. Nobody else uses these tags.
    for (const tag of [...replaced.keys()].filter(isProbeTag)) await this.#distribution.deleteManifest(repository, tag);
    const options = { isListTrusted: this.#behaviours.of(repository).isProven, patienceMs: PUSH_MS };
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
      if (!isPassing(error)) await this.#restore(repository, left.tags, left.placeholders);
      throw error;
    }
    return this.#deletePlaceholders(repository, left);
  }

  /**
   * Asks for the delete of a digest that no manifest has. A registry that does not delete would keep the placeholders,
   * and the images would be lost (regclient issue 819).
   */
  async #checkDeletionIsOn(repository: string): Promise<void> {
    const deletion = await retrying(() => this.#distribution.deleteManifest(repository, randomDigest()));
    if (deletion.kind === 'refused') throw deletion.failure;
  }

  /** @returns every failure, never throws one: another part of the batch may be done already */
  async #deleteRecorded(repository: string, held: TagDigests): Promise<Failures> {
    const intent = await this.#intents.record(repository, held).catch(asStoreError);
    if (intent instanceof Error) return failuresOf(held, intent);
    let isOver = false;
    try {
      const put = await this.#writer.put(repository, held);
      const tags = new Map([...held].filter(([tag]) => !put.failures.has(tag)));
      const left = { tags, placeholders: put.digests, dangling: new Map(), images: new Map(), failures: new Map() };
      const deleted = await this.#deletePlaceholders(repository, left);
      const failures = new Map([...put.failures, ...deleted.failures]);
      isOver = failures.size === 0 && put.isCertain && deleted.isCertain;
      return failures;
    } finally {
      await intent.close(isOver);
    }
  }

  /** Deletes placeholders until none of the tags is left; otherwise gives the tags their images back. */
  async #deletePlaceholders(repository: string, first: Leftovers): Promise<Ending> {
    const until = performance.now() + TRY_UNTIL_MS;
    const behaviour = this.#behaviours.of(repository);
    const trial = behaviour.trial();
    const ours = new Set(first.placeholders);
    const failures = new Map<string, StoreError>();
    const fail = (those: Failures) => those.forEach((failure, tag) => void failures.set(tag, failure));
    let isCertain = true;
    let left = first;
    for (let tries = 1; left.tags.size > 0; tries += 1) {
      const { tags } = left;
      const repair = await this.#writer.repair(repository, left.dangling);
      isCertain &&= repair.isCertain;
      for (const digest of repair.digests) ours.add(digest);
      const said = await this.#deleteDigests(repository, [...left.placeholders, ...repair.digests]);
      left = await this.#lookAgain(repository, tags, said, tries);
      fail(left.failures);
      fail(trial.unmoved(tags, said, left));
      let verdict = trial.judge(said, left);
      if (tries === MAX_TRIES || performance.now() > until) verdict ??= notAfter(repository, tries);
      if (verdict === undefined || left.tags.size === 0) continue;
      await this.#restore(repository, left.tags, ours);
      fail(failuresOf(left.tags, verdict));
      break;
    }
    if (failures.size > 0) behaviour.doubt();
    return { failures, isCertain };
  }

  async #deleteDigests(repository: string, digests: readonly string[]): Promise<Statements> {
    const said = new Map<string, Said>();
    for (const digest of digests) said.set(digest, await this.#deleteDigest(repository, digest));
    return said;
  }

  async #deleteDigest(repository: string, digest: string): Promise<Said> {
    try {
      const deletion = await this.#distribution.deleteManifest(repository, digest);
      return deletion.kind === 'refused' ? deletion.failure : deletion.kind;
    } catch (error) {
      if (!isPassing(error)) return asStoreError(error);
      if (error instanceof RegistryFailure) await pauseAsAsked(error);
      return 'unknown';
    }
  }

  async #lookAgain(repository: string, tags: TagDigests, said: Statements, tries: number): Promise<Leftovers> {
    const isSaidToBeDone = said.size > 0 && [...said.values()].every((its) => its === 'deleted');
    // Random, since another server may be deleting the same tags.
    if (tries > 1 || !isSaidToBeDone) await delay(TRY_PAUSE_MS * tries * (1 + Math.random()));
    const behaviour = this.#behaviours.of(repository);
    const isListTrusted = behaviour.isProven && isSaidToBeDone;
    const left = await findLeftovers(this.#distribution, repository, tags, { isListTrusted });
    const isClean = left.tags.size + left.images.size + left.failures.size === 0;
    if (isSaidToBeDone && isClean) behaviour.confirm();
    return left;
  }

  #restore(repository: string, tags: TagDigests, ours: ReadonlySet<string>): Promise<void> {
    return restoreImages(this.#distribution, repository, tags, ours, this.#log);
  }
}

/** Whether the same request may be sent again. */
function isPassing(error: unknown): boolean {
  return PASSING.has(asStoreError(error).kind);
}

function notAfter(repository: string, tries: number): RegistryFailure {
  return new RegistryFailure('unavailable', `${repository}: not deleted after ${tries} tries`);
}
