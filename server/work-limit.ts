import { Failure } from './failures.ts';

/** After how many seconds a caller should ask again. The work that is under way is done in about one. */
const RETRY_SECONDS = 1;

/**
 * Bounds the work that is under way in the whole server: what would have to wait long is refused at once, before
 * anything has changed. What was given up (its caller is answered) counts until it has really ended.
 */
export class WorkLimit {
  readonly #max: number;
  #underWay = 0;

  /** @param max so many are under way at most */
  constructor(max: number) {
    this.#max = max;
  }

  /** @throws Failure `throttled` where too much is under way; what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay >= this.#max) throw new Failure('throttled', { headers: { 'Retry-After': RETRY_SECONDS } });
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
    }
  }
}
