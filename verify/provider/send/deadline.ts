/** The shortest wait, in milliseconds: a provider on a busy machine pauses so long. */
const MIN_MS = 1_000;
/** How many times as long as the slowest answer so far. */
const TOLERANCE = 2;

/**
 * How long an answer is waited for. After a first request that is never answered, no later one is waited for much longer
 * than the provider has ever needed: a check that meets a hundred such requests must still end within seconds.
 */
export class Deadline {
  readonly #longestMs: number;
  #slowestMs = 0;
  #hasHung = false;

  /** @param longestMs until a request has hung, in milliseconds */
  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** For the next answer, in milliseconds. */
  get ms(): number {
    return this.#hasHung ? Math.min(this.#longestMs, Math.max(MIN_MS, TOLERANCE * this.#slowestMs)) : this.#longestMs;
  }

  /** @param milliseconds until the answer, or until it was given up */
  learn(isAnswered: boolean, milliseconds: number): void {
    if (isAnswered) this.#slowestMs = Math.max(this.#slowestMs, milliseconds);
    else if (milliseconds >= this.ms) this.#hasHung = true;
  }
}
