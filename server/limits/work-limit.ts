import { Failure } from '../http/reply/failures.ts';

/** Seconds after which a refused caller should ask again. */
const RETRY_SECONDS = 1;

/**
 * Bounds the work under way: what would have to wait long is refused at once, before anything has changed. Work whose
 * caller was already answered counts until it really ends. One place gets at most half of the bound, so that the others
 * go on when its work hangs.
 */
export class WorkLimit {
  readonly #max: number;
  readonly #maxAPlace: number;
  readonly #places = new Map<string, number>();
  #underWay = 0;

  /** @param max pieces of work under way at once */
  constructor(max: number) {
    this.#max = max;
    this.#maxAPlace = Math.ceil(max / 2);
  }

  /**
   * @param place where the work is done, such as a repository
   * @throws Failure `throttled` when too much is under way; what the work throws
   */
  async run<T>(place: string, work: () => Promise<T>): Promise<T> {
    const there = this.#places.get(place) ?? 0;
    if (this.#underWay >= this.#max || there >= this.#maxAPlace) {
      throw new Failure('throttled', { headers: { 'Retry-After': RETRY_SECONDS } });
    }
    this.#add(place, 1);
    try {
      return await work();
    } finally {
      this.#add(place, -1);
    }
  }

  #add(place: string, count: 1 | -1): void {
    this.#underWay += count;
    const there = (this.#places.get(place) ?? 0) + count;
    if (there === 0) this.#places.delete(place);
    else this.#places.set(place, there);
  }
}
