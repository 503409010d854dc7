/**
 * Work that several callers share if it has not begun when they ask, so that each gets a result as fresh as one of its own.
 * Of 64 deletes of one repository that come at once, two look for its directory in place of 64: a quarter of the CPU time
 * of a delete went into that.
 */
export class SharedWork<T> {
  readonly #underWay = new Map<string, Promise<T>>();
  /** What begins when the work under way has ended. */
  readonly #next = new Map<string, Promise<T>>();

  /** @param key the same for the same work @throws what the work throws */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const next = this.#next.get(key);
    if (next !== undefined) return next;
    const underWay = this.#underWay.get(key);
    if (underWay === undefined) return this.#begin(key, work);
    const begin = () => {
      this.#next.delete(key);
      return this.#begin(key, work);
    };
    const begun = underWay.then(begin, begin);
    this.#next.set(key, begun);
    return begun;
  }

  #begin(key: string, work: () => Promise<T>): Promise<T> {
    const begun = work().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, begun);
    return begun;
  }
}
