// How each repository's registry deletes one tag, and everything that changes what the server believes of it.
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { StoreError } from '../../../store.ts';
import type { DeleteMode } from '../options.ts';
import type { Probe } from './probe.ts';

/**
 * `by-tag`: a DELETE of a tag takes this tag only. `by-digest`: it is refused, or takes other tags too. `unknown`: the
 * operator has set mode `tag`, and no tag has been deleted yet.
 */
export type Capability = 'unknown' | 'by-tag' | 'by-digest';

/** Max repositories that are remembered. Behind one host there may be several registries, so each is tried for itself. */
const MAX_REPOSITORIES = 1_000;

/** Milliseconds after which a repository is tried again: the registry may have been replaced. */
const VALID_MS = 5 * 60_000;

export class Capabilities {
  readonly #mode: DeleteMode;
  readonly #probe: Probe;
  readonly #log: Logger;
  readonly #known = new LRUCache<string, Capability>({
    max: MAX_REPOSITORIES,
    ttl: VALID_MS,
    // Looked up at each call: by default the clock of the import counts.
    perf: { now: () => performance.now() },
  });

  constructor(mode: DeleteMode, probe: Probe, log: Logger) {
    this.#mode = mode;
    this.#probe = probe;
    this.#log = log;
  }

  /** @throws StoreError if it is not known and cannot be found out; no tag of the repository was touched */
  async of(repository: string): Promise<Capability> {
    if (this.#mode === 'fallback') return 'by-digest';
    const known = this.#known.get(repository);
    if (known !== undefined) return known;
    if (this.#mode === 'tag') return 'unknown';
    const found = await this.#probe.run(repository);
    this.#known.set(repository, found);
    this.#log.info({ repository }, `the registry deletes ${found === 'by-tag' ? 'by tag' : 'by digest only'}`);
    return found;
  }

  /** A tag was seen to be gone after its delete. In mode `tag` that is enough; else only the probe counts. */
  tagWasDeleted(repository: string): void {
    if (this.#mode === 'tag') this.#known.set(repository, 'by-tag');
  }

  /**
   * The delete of a tag was refused.
   * @throws StoreError the reason, if the operator allows no other way
   */
  tagWasRefused(repository: string, reason: StoreError): void {
    this.forget(repository);
    if (this.#mode === 'tag') throw reason;
    this.#log.info({ repository }, 'the registry does not delete by tag any more');
  }

  /** The registry failed or contradicted itself: it may be another one by now. */
  forget(repository: string): void {
    this.#known.delete(repository);
  }
}
