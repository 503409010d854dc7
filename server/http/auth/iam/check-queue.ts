import PQueue from 'p-queue';
import { Failure } from '../../reply/failures.ts';

/** Max checks under way. */
export const MAX_CHECKS = 32;

/** Max checks that wait. Beyond that: 429. */
const MAX_WAITING = 256;

/** Milliseconds that a check waits. Beyond that: 429. */
const MAX_WAIT_MS = 5_000;

/** Seconds after which a refused caller should ask again. */
const RETRY_SECONDS = 1;

/**
 * Bounds the checks under way. A token that is not known costs the identity service a check, and anyone can make up
 * such tokens: tokens that were valid before go first, and have as many places again.
 */
export class CheckQueue {
  readonly #queue = new PQueue({ concurrency: MAX_CHECKS });
  readonly #maxWaitMs: number;

  /** @param maxWaitMs milliseconds that a check waits */
  constructor(maxWaitMs = MAX_WAIT_MS) {
    this.#maxWaitMs = maxWaitMs;
  }

  /** The checks under way. */
  get underWay(): number {
    return this.#queue.pending;
  }

  /**
   * @param wasValid whether an earlier check has found the token valid
   * @throws Failure `throttled`; what the check throws
   */
  async run<T>(check: () => Promise<T>, wasValid: boolean): Promise<T> {
    if (this.#queue.size >= (wasValid ? 2 * MAX_WAITING : MAX_WAITING)) throw tooMany();
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(tooMany()), this.#maxWaitMs);
    const start = () => {
      clearTimeout(timer);
      return check();
    };
    try {
      return await this.#queue.add(start, { signal: overdue.signal, priority: wasValid ? 1 : 0 });
    } finally {
      clearTimeout(timer);
    }
  }
}

function tooMany(): Failure {
  return new Failure('throttled', { headers: { 'Retry-After': RETRY_SECONDS } });
}
