// Puts dummies on tags, and deletes them until none is left; where a registry does not let that happen, the tags get
// their images back.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StoreError } from '../../../store.ts';
import { sideBySide } from '../api/concurrently.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError, notUnderstood, RegistryFailure } from '../api/failure.ts';
import { asLongAsAsked } from '../api/retrying.ts';
import type { TagDigests } from '../api/tag-digests.ts';
import { type Failures, failuresOf, findLeftovers, type Leftovers } from './leftovers.ts';
import { createDummy, isDummy, TAGS_PER_DUMMY } from './placeholder.ts';
import type { Evidence, Said, Statements } from './registry-behaviour.ts';
import { putBack } from './restore-images.ts';

/**
 * docker-registry 2.8.2 answers a quarter of the deletes with 500 while others push to the repository, and leaves tags
 * without a manifest behind: a further dummy repairs them.
 */
const MAX_TRIES = 10;
const TRY_PAUSE_MS = 20;
/** No try is begun after so many milliseconds: a registry that looks through all tags on S3 takes long for each. */
const TRY_UNTIL_MS = 60_000;

/** Failures after which nobody knows how far the registry came, and it may be asked again. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'unreachable', 'throttled']);

/** How it ended. */
export interface Ending {
  /** The tags that stay, and why. */
  readonly failures: Failures;
  /** Whether nothing of it can arrive any more: what had no clear answer may. */
  readonly isCertain: boolean;
}

/** Dummies that were put on tags, by their digests. */
interface Put extends Ending {
  readonly digests: ReadonlySet<string>;
}

export class Dummies {
  readonly #distribution: Distribution;
  readonly #evidence: Evidence;
  readonly #log: Logger;

  constructor(distribution: Distribution, evidence: Evidence, log: Logger) {
    this.#distribution = distribution;
    this.#evidence = evidence;
    this.#log = log;
  }

  /** Puts dummies on tags. @param tags and the digests that they have */
  async put(repository: string, tags: TagDigests): Promise<Put> {
    const failures = new Map<string, StoreError>();
    const digests = new Set<string>();
    let isCertain = true;
    const pairs = [...tags];
    for (let start = 0; start < pairs.length; start += TAGS_PER_DUMMY) {
      const some = new Map(pairs.slice(start, start + TAGS_PER_DUMMY));
      const dummy = createDummy(some);
      digests.add(dummy.digest);
      await sideBySide(some, async ([tag, digest]) => {
        try {
          const { stored, hadFailures } = await this.#distribution.putManifest(repository, tag, dummy);
          if (hadFailures) isCertain = false;
          if (stored === dummy.digest) return;
          failures.set(tag, notUnderstood(repository, `${tag}: stored as ${stored} instead of ${dummy.digest}`));
          // It has moved the tag all the same.
          await this.putBack(repository, new Map([[tag, digest]]), new Set([stored]));
        } catch (error) {
          failures.set(tag, asStoreError(error));
        }
      });
    }
    return { digests, failures, isCertain: isCertain && failures.size === 0 };
  }

  /** Deletes dummies until none of the tags is left; else gives the tags their images back. */
  async remove(repository: string, first: Leftovers): Promise<Ending> {
    const until = performance.now() + TRY_UNTIL_MS;
    const trial = this.#evidence.trial(repository);
    const ours = new Set(first.dummies);
    const failures = new Map<string, StoreError>();
    const fail = (those: Failures) => those.forEach((failure, tag) => void failures.set(tag, failure));
    let isCertain = true;
    let left = first;
    for (let tries = 1; left.tags.size > 0; tries += 1) {
      const { tags } = left;
      const repair = await this.#repair(repository, left.astray);
      isCertain &&= repair.isCertain;
      for (const digest of repair.digests) ours.add(digest);
      const said = await this.#delete(repository, [...left.dummies, ...repair.digests]);
      left = await this.#lookAgain(repository, tags, said, tries);
      fail(left.failures);
      fail(trial.unmoved(tags, left));
      let verdict = trial.judge(said, left);
      if (tries === MAX_TRIES || performance.now() > until) verdict ??= notAfter(repository, tries);
      if (verdict === undefined || left.tags.size === 0) continue;
      await this.putBack(repository, left.tags, ours);
      fail(failuresOf(left.tags, verdict));
      break;
    }
    return { failures, isCertain };
  }

  /**
   * Lets tags name again what they named before.
   * @param tags and the digests that they had
   * @param ours the dummies that may be taken off them
   */
  putBack(repository: string, tags: TagDigests, ours: ReadonlySet<string>): Promise<void> {
    return putBack(this.#distribution, repository, tags, ours, this.#log);
  }

  /** Gives tags that lead nowhere a dummy: only so they can be deleted. */
  async #repair(repository: string, astray: TagDigests): Promise<Put> {
    const tags = new Map(astray);
    // Somebody may have pushed since they were looked at.
    await sideBySide(astray.keys(), async (tag) => {
      const found = await this.#distribution.lookUp(repository, tag).catch(asStoreError);
      if ('kind' in found && found.kind === 'image' && !isDummy(found.manifest)) tags.delete(tag);
    });
    if (tags.size > 0) {
      this.#log.info({ repository, tags: [...tags.keys()] }, 'the registry left tags half deleted: repairing');
    }
    return this.put(repository, tags);
  }

  async #delete(repository: string, digests: readonly string[]): Promise<Statements> {
    const said = new Map<string, Said>();
    for (const digest of digests) said.set(digest, await this.#deleteDummy(repository, digest));
    return said;
  }

  async #deleteDummy(repository: string, digest: string): Promise<Said> {
    try {
      const deletion = await this.#distribution.deleteManifest(repository, digest);
      return deletion.kind === 'refused' ? deletion.failure : deletion.kind;
    } catch (error) {
      if (!isPassing(error)) return asStoreError(error);
      if (error instanceof RegistryFailure) await asLongAsAsked(error);
      return 'unknown';
    }
  }

  async #lookAgain(repository: string, tags: TagDigests, said: Statements, tries: number): Promise<Leftovers> {
    const isSaidToBeDone = said.size > 0 && [...said.values()].every((its) => its === 'deleted');
    // By chance: another server may be at the same tags.
    if (tries > 1 || !isSaidToBeDone) await delay(TRY_PAUSE_MS * tries * (1 + Math.random()));
    const isListTrusted = this.#evidence.isProven && isSaidToBeDone;
    const left = await findLeftovers(this.#distribution, repository, tags, { isListTrusted });
    const isClean = left.tags.size + left.images.size + left.failures.size === 0;
    if (isSaidToBeDone && isClean) this.#evidence.prove();
    return left;
  }
}

/** Whether the same may be asked again. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(asStoreError(error).kind);
}

function notAfter(repository: string, tries: number): RegistryFailure {
  return new RegistryFailure('unavailable', `${repository}: not deleted after ${tries} tries`);
}
