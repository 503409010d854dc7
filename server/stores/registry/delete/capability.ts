// How a registry deletes one tag, and every way in which the server changes its mind about it.
import type { Logger } from 'pino';
import type { StoreError } from '../../../store.ts';
import type { DeleteMode } from '../options.ts';

/** `by-digest`: the delete of a tag is refused, so that only placeholders can be used. */
export type CapabilityKind = 'unknown' | 'by-tag' | 'by-digest';

export class Capability {
  readonly #mode: DeleteMode;
  readonly #log: Logger;
  #kind: CapabilityKind;

  /** @param mode `tag` never leads to `by-digest`; `fallback` begins with it */
  constructor(mode: DeleteMode, log: Logger) {
    this.#mode = mode;
    this.#log = log;
    this.#kind = mode === 'fallback' ? 'by-digest' : 'unknown';
  }

  get kind(): CapabilityKind {
    return this.#kind;
  }

  /** A tag was seen to be gone after its delete by tag was accepted. */
  tagWasDeleted(): void {
    this.#kind = 'by-tag';
  }

  /**
   * The delete of a tag was refused. If earlier ones were not, the registry has changed and is asked anew.
   * @throws StoreError the reason, if the operator allows no other way
   */
  tagWasRefused(repository: string, reason: StoreError): void {
    if (this.#mode === 'tag') throw reason;
    this.#log.info({ repository }, 'the registry does not delete by tag');
    this.#kind = 'unknown';
  }

  /** A placeholder was deleted by its digest: there is no need to try by tag again. */
  digestWasDeleted(): void {
    this.#kind = 'by-digest';
  }
}
