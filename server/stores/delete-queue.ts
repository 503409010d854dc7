// The deletes of one repository. They wait in a queue; all that wait are done as one batch, one batch after another.
import { withoutStack } from '../process/without-stack.ts';
import { type DeletedTag, StoreError } from '../store.ts';

/** Max deletes that wait in one repository. A further one is `busy`. */
export const MAX_WAITING = 1024;

/**
 * Max wait of a delete, in milliseconds. After that it is `busy` and never begins: its caller is about to get a failure
 * and may push the tag again.
 */
const MAX_WAIT_MS = 20_000;

/** The result of a batch: the digests that a tag had, or why it stays. A tag that did not exist is not in the map. */
export type BatchOutcome = Map<string, readonly string[] | StoreError>;

/** Told of a tag that is deleted for certain, with its digests: its caller need not wait for the rest of the batch. */
export type OnDeleted = (tag: string, digests: readonly string[]) => void;

/** Deletes a batch of tags. If it throws, all those have failed that it did not tell of. */
export type DeleteBatch = (tags: ReadonlySet<string>, onDeleted: OnDeleted) => Promise<BatchOutcome>;

/** Runs a batch in its turn among those of other repositories. */
export type Turn = <T>(batch: () => Promise<T>) => Promise<T>;

/** How a queue forms batches. */
export interface Batches {
  /** Max deletes in one batch. */
  readonly maxSize: number;
  /**
   * Max pause after a batch that has deleted, and answered several callers at its end, in milliseconds. They send the next
   * delete then; without the pause the first of them gets a batch of its own, and twice as many batches are needed. The
   * pause is over as soon as so many deletes wait again.
   */
  readonly lingerMs: number;
  /** Without it a batch runs at once. */
  readonly turn?: Turn;
}

interface Waiting {
  readonly tag: string;
  /** By performance.now(). */
  readonly since: number;
  resolve(deleted: DeletedTag): void;
  reject(error: unknown): void;
}

/** Only one object a repository. */
export class DeleteQueue {
  readonly #repository: string;
  readonly #deleteBatch: DeleteBatch;
  readonly #batches: Batches;
  readonly #onIdle: () => void;
  #waiting: Waiting[] = [];
  #work: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;
  #onArrival: () => void = () => undefined;

  /** @param repository its name in errors @param onIdle called whenever nothing is left to do */
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

  /** @throws StoreError `tag-not-found` or `busy`; the error of its batch */
  deleteTag(tag: string): Promise<DeletedTag> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(this.#error('busy', `${MAX_WAITING} deletes are waiting already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tag, since: performance.now(), resolve, reject });
      this.#onArrival();
      this.#running ??= this.#runBatch();
    });
  }

  /** Does other work between two batches. @throws the error of the work */
  betweenBatches(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#work.push(() => Promise.resolve().then(work).then(resolve, reject));
      this.#running ??= this.#runWork();
    });
  }

  /** Resolves when no delete waits or is in progress. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #runBatch(): Promise<void> {
    const { lingerMs, turn = atOnce } = this.#batches;
    try {
      // Calls of the same turn of the event loop join the batch.
      await Promise.resolve();
      const answered = await turn(() => this.#deleteWaiting());
      if (lingerMs > 0 && answered > 1) await this.#linger(lingerMs, answered);
    } catch (error) {
      // There was no turn, so nothing has begun.
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    } finally {
      this.#next();
    }
  }

  /** Resolves when so many deletes wait, or after so many milliseconds. */
  async #linger(ms: number, deletes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onArrival = () => {
        if (this.#waiting.length < deletes) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onArrival();
    });
    this.#onArrival = () => undefined;
  }

  /**
   * Decides at its beginning which deletes are in the batch and which have waited too long.
   * @returns how many callers got their answer at its end; 0 if nothing was deleted
   */
  async #deleteWaiting(): Promise<number> {
    this.#rejectOverdue();
    const batch = this.#waiting.splice(0, this.#batches.maxSize);
    let early = 0;
    let deleted = 0;
    // Of several deletes of one tag, the first one succeeds. What is settled once stays as it is.
    const onDeleted: OnDeleted = (tag, digests) => {
      early += 1;
      batch.find((waiting) => waiting.tag === tag)?.resolve({ digests });
    };
    try {
      if (batch.length > 0) {
        const outcomes = await this.#deleteBatch(new Set(batch.map(({ tag }) => tag)), onDeleted);
        for (const outcome of outcomes.values()) if (!(outcome instanceof StoreError)) deleted += 1;
        for (const waiting of batch) this.#settle(waiting, outcomes);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    return deleted === 0 ? 0 : batch.length - early;
  }

  async #runWork(): Promise<void> {
    await this.#work.shift()?.();
    this.#next();
  }

  #rejectOverdue(): void {
    const now = performance.now();
    const inTime = this.#waiting.findIndex(({ since }) => now - since < MAX_WAIT_MS);
    const overdue = this.#waiting.splice(0, inTime === -1 ? this.#waiting.length : inTime);
    for (const { reject } of overdue) reject(this.#error('busy', `the delete has waited for ${MAX_WAIT_MS} ms`));
  }

  #error(kind: 'busy' | 'tag-not-found', why: string): StoreError {
    return withoutStack(() => new StoreError(kind, `${this.#repository}: ${why}`));
  }

  #settle({ tag, resolve, reject }: Waiting, outcomes: BatchOutcome): void {
    const outcome = outcomes.get(tag) ?? this.#error('tag-not-found', `no tag ${tag}`);
    if (outcome instanceof StoreError) {
      reject(outcome);
    } else {
      // Of several deletes of one tag, the first one succeeds.
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
