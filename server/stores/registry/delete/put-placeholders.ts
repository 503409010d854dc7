// Puts placeholders on tags.
import type { Logger } from 'pino';
import type { StoreError } from '../../../store.ts';
import { concurrently } from '../api/concurrently.ts';
import type { TagDigests } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { asStoreError, notUnderstood } from '../api/failure.ts';
import type { Failures } from './leftovers.ts';
import { createPlaceholder, isPlaceholder, TAGS_PER_PLACEHOLDER } from './placeholder.ts';
import { restoreImages } from './restore-images.ts';

/** Placeholders that were put on tags. */
interface Put {
  readonly digests: ReadonlySet<string>;
  /** The tags that got none, and why. */
  readonly failures: Failures;
  /** Whether none of the requests can arrive later: one without a clear answer may. */
  readonly isCertain: boolean;
}

export class PlaceholderWriter {
  readonly #distribution: Distribution;
  readonly #log: Logger;

  constructor(distribution: Distribution, log: Logger) {
    this.#distribution = distribution;
    this.#log = log;
  }

  /** Puts placeholders on tags. @param tags the tags and their digests */
  async put(repository: string, tags: TagDigests): Promise<Put> {
    const failures = new Map<string, StoreError>();
    const digests = new Set<string>();
    let isCertain = true;
    const pairs = [...tags];
    for (let start = 0; start < pairs.length; start += TAGS_PER_PLACEHOLDER) {
      const some = new Map(pairs.slice(start, start + TAGS_PER_PLACEHOLDER));
      const placeholder = createPlaceholder(some);
      digests.add(placeholder.digest);
      await concurrently(some, async ([tag, digest]) => {
        try {
          const { stored, hadFailures } = await this.#distribution.putManifest(repository, tag, placeholder);
          if (hadFailures) isCertain = false;
          if (stored === placeholder.digest) return;
          failures.set(tag, notUnderstood(repository, `${tag}: stored as ${stored} instead of ${placeholder.digest}`));
          // The tag has moved all the same.
          const ours = new Set([stored, placeholder.digest]);
          await restoreImages(this.#distribution, repository, new Map([[tag, digest]]), ours, this.#log);
        } catch (error) {
          failures.set(tag, asStoreError(error));
        }
      });
    }
    return { digests, failures, isCertain: isCertain && failures.size === 0 };
  }

  /** Puts placeholders on dangling tags: the registry deletes them in no other way. */
  async repair(repository: string, dangling: TagDigests): Promise<Put> {
    const tags = new Map(dangling);
    // A push may have come since they were looked at.
    await concurrently(dangling.keys(), async (tag) => {
      const found = await this.#distribution.lookUp(repository, tag).catch(asStoreError);
      if ('kind' in found && found.kind === 'image' && !isPlaceholder(found.manifest)) tags.delete(tag);
    });
    if (tags.size > 0) {
      this.#log.info({ repository, tags: [...tags.keys()] }, 'the registry left tags half deleted: repairing');
    }
    return this.put(repository, tags);
  }
}
