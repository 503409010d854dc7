// The deletes of one repository: they queue up, and whatever waits is done at once, one batch after another.
import { setTimeout as delay } from 'node:timers/promises';
import { withoutStack } from '../process/without-stack.ts';
import { type DeletedTag, StoreError } from '../store.ts';

/** So many deletes may wait in a repository; a further one is `busy`. */
const MAX_WAITING = 1024;

/**
 * A delete that has waited so many milliseconds is not begun any more, but `busy`: whoever asked is about to be told that
 * it failed, and may push the tag anew.
 */
const MAX_WAIT_MS = 20_000;

/** What became of the tags of a batch: the digests that a tag had, or why it stays; a tag that did not exist is missing. */
export type BatchOutcome = Map<string, readonly string[] | StoreError>;

/** Deletes a batch of tags. What it throws is the failure of all of them. */
export type DeleteBatch = (tags: ReadonlySet<string>) => Promise<BatchOutcome>;

/** How a queue makes batches. */
export interface Batches {
  /** So many deletes at most are done at once. */
  readonly maxSize: number;
  /**
   * After a batch of several, so many milliseconds are left to those who ask again when they are answered: else the
   * first of them would have a batch alone, and twice as many batches would be needed.
   */
  readonly lingerMs: number;
  /** Runs a batch when it has its turn among those of other repositories; without it that is at once. */
  readonly turn?: <T>(batch: () => Promise<T>) => Promise<T>;
}

interface Waiting {
  readonly tag: string;
  /** Of performance.now(). */
  readonly since: number;
  resolve(deleted: DeletedTag): void;
  reject(error: unknown): void;
}

/** One object a repository. */
export class DeleteQueue {
  readonly #repository: string;
  readonly #deleteBatch: DeleteBatch;
  readonly #batches: Batches;
  readonly #onIdle: () => void;
  #waiting: Waiting[] = [];
  #work: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;

  /** @param repository its name in errors @param onIdle is called whenever nothing is left to do */
  constructor(
    repository: string,
    deleteBatch: DeleteBatch,
    batches: Batches = { maxSize: MAX_WAITING, lingerMs: 0 },
    onIdle: () => void = () => undefined,
  ) {
    this.#repository = repository;
    this.#deleteBatch = deleteBatch;
    this.#batches = batches;
    this.#onIdle = onIdle;
  }

  get idle(): boolean {
    return this.#running === undefined;
  }

  /** @throws StoreError `tag-not-found`, `busy`, and what the batch failed with */
  deleteTag(tag: string): Promise<DeletedTag> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(this.#error('busy', `${MAX_WAITING} deletes wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tag, since: performance.now(), resolve, reject });
      this.#running ??= this.#runBatch();
    });
  }

  /** Does other work between two batches. @throws what the work throws */
  betweenBatches(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#work.push(() => work().then(resolve, reject));
      this.#running ??= this.#runWork();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #runBatch(): Promise<void> {
    const { lingerMs, turn = atOnce } = this.#batches;
    // Calls of the same turn come along.
    await Promise.resolve();
    const size = await turn(() => this.#deleteWaiting());
    if (lingerMs > 0 && size > 1) await delay(lingerMs);
    this.#next();
  }

  /** Who is a batch, and who has waited too long, is decided when it begins. @returns its size */
  async #deleteWaiting(): Promise<number> {
    this.#rejectOverdue();
    const batch = this.#waiting.splice(0, this.#batches.maxSize);
    try {
      if (batch.length > 0) {
        const outcomes = await this.#deleteBatch(new Set(batch.map(({ tag }) => tag)));
        for (const waiting of batch) this.#settle(waiting, outcomes);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    return batch.length;
  }

  async #runWork(): Promise<void> {
    await this.#work.shift()?.();
    this.#next();
  }

  #rejectOverdue(): void {
    const now = performance.now();
    const inTime = this.#waiting.findIndex(({ since }) => now - since < MAX_WAIT_MS);
    const overdue = this.#waiting.splice(0, inTime === -1 ? this.#waiting.length : inTime);
    for (const { reject } of overdue) reject(this.#error('busy', `a delete has waited for ${MAX_WAIT_MS} ms`));
  }

  #error(kind: 'busy' | 'tag-not-found', why: string): StoreError {
    return withoutStack(() => new StoreError(kind, `${this.#repository}: ${why}`));
  }

  #settle({ tag, resolve, reject }: Waiting, outcomes: BatchOutcome): void {
    const outcome = outcomes.get(tag) ?? this.#error('tag-not-found', `no tag ${tag}`);
    if (outcome instanceof StoreError) {
      reject(outcome);
    } else {
      // Of several deletes of one tag the first one did it.
      outcomes.delete(tag);
      resolve({ digests: outcome });
    }
  }

  #next(): void {
    this.#running = undefined;
    if (this.#work.length > 0) this.#running = this.#runWork();
    else if (this.#waiting.length > 0) this.#running = this.#runBatch();
    else this.#onIdle();
  }
}

function atOnce<T>(batch: () => Promise<T>): Promise<T> {
  return batch();
}
