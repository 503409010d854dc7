/** Requests in a row without a byte of an answer. After that the check probes whether the provider is still there. */
const MAX_UNANSWERED = 16;

/** Tells a provider that is gone from one that ends the connection in place of every refusal, which is there. */
export class Silence {
  readonly #isThere: () => Promise<boolean>;
  readonly #giveUp: (why: string) => void;
  /** In a row, up to now. */
  #unanswered = 0;
  #asking: Promise<void> | undefined;

  /** @param isThere asks for what any provider answers @param giveUp called with the reason if the provider is gone */
  constructor(isThere: () => Promise<boolean>, giveUp: (why: string) => void) {
    this.#isThere = isThere;
    this.#giveUp = giveUp;
  }

  /** @param silence why there was no answer; undefined if there was one */
  async count(silence: string | undefined): Promise<void> {
    this.#unanswered = silence === undefined ? 0 : this.#unanswered + 1;
    if (silence === undefined || this.#unanswered < MAX_UNANSWERED) return;
    this.#asking ??= this.#ask(silence).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #ask(silence: string): Promise<void> {
    if (await this.#isThere()) this.#unanswered = 0;
    else this.#giveUp(`the check gave up: ${MAX_UNANSWERED} requests in a row had no answer (the last: ${silence})`);
  }
}
