// When a request may go out: a few at once, at a pace, up to a total, and none while the provider asks for patience.
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { type AnswerMessage, valuesOf } from '../../wire/messages.ts';

export interface TurnBounds {
  readonly maxRequests: number;
  /** 0: as fast as it goes. */
  readonly requestsPerSecond: number;
  readonly signal: AbortSignal | undefined;
}

const CONNECTIONS = 8;

/** Max total wait for Retry-After over all requests, in milliseconds. */
const MAX_WAIT_MS = 120_000;

export const INTERRUPTED = 'the check was interrupted';

/** A case could not be brought to its end; the message says why. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
}

export class Turns {
  readonly #bounds: TurnBounds;
  readonly #queue: PQueue;
  #requests = 0;
  #waitedMs = 0;
  #pause: Promise<void> | undefined;
  /** Why nothing more is sent. */
  #stopped: string | undefined;
  /** Refuses what waits for its turn. */
  readonly #waiting = new Set<(why: string) => void>();
  /** How many requests have been promised a turn. */
  #reserved = 0;

  constructor(bounds: TurnBounds) {
    const { requestsPerSecond, signal } = bounds;
    this.#bounds = bounds;
    // Strict: two requests around the edge of a fixed interval would go out together.
    const pace = requestsPerSecond > 0 ? { interval: 1000 / requestsPerSecond, intervalCap: 1, strict: true } : {};
    this.#queue = new PQueue({ concurrency: CONNECTIONS, ...pace });
    signal?.addEventListener('abort', () => this.stop(INTERRUPTED), { once: true });
    if (signal?.aborted) this.stop(INTERRUPTED);
  }

  /** How many requests have been sent. */
  get requests(): number {
    return this.#requests;
  }

  /** How long a Retry-After was waited for, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Why nothing more is sent; undefined while the check goes on. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  /**
   * Does something when its turn has come.
   * @param count of the requests that the task sends
   * @param priority of what is sent again: it has waited before
   * @throws Unfinished if no turn will come
   */
  async take<T>(count: number, task: () => Promise<T>, priority = 0): Promise<T> {
    this.#reserve(count);
    // Each request has a turn of its own at the pace.
    for (let turn = 1; turn < count; turn++) await this.#inTurn(async () => undefined, priority);
    const counted = () => {
      this.#requests += count;
      return task();
    };
    return await this.#inTurn(counted, priority);
  }

  /** One more request within a turn. @throws Unfinished if no more are allowed */
  addOne(): void {
    this.#reserve(1);
    this.#requests += 1;
  }

  /** Nothing more is sent: what waits is refused. */
  stop(why: string): void {
    this.#stopped ??= why;
    this.#queue.clear();
    for (const refuse of this.#waiting) refuse(this.#stopped);
    this.#waiting.clear();
  }

  /** All requests wait as long as a 429 asks: sending more would prolong it. @throws Unfinished */
  async obey(answer: AnswerMessage): Promise<void> {
    const seconds = Number(valuesOf(answer, 'Retry-After')[0] ?? 1);
    const ms = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 1000;
    if (this.#pause === undefined) {
      if (this.#waitedMs + ms > MAX_WAIT_MS) {
        const why = `the provider answered 429 and asks for ${Math.ceil(ms / 1000)} s of patience; the check waits ${MAX_WAIT_MS / 1000} s in all: a lower --rate helps`;
        this.stop(why);
        throw new Unfinished(why);
      }
      this.#waitedMs += ms;
      const { signal } = this.#bounds;
      this.#queue.pause();
      const pause = sleep(ms, undefined, signal && { signal }).catch(() => undefined);
      this.#pause = pause.then(() => {
        this.#pause = undefined;
        this.#queue.start();
      });
    }
    await this.#pause;
  }

  #reserve(count: number): void {
    const { maxRequests } = this.#bounds;
    if (this.#reserved + count > maxRequests) {
      throw new Unfinished(this.#stopped ?? `the ${maxRequests} requests that --max-requests allows are spent`);
    }
    this.#reserved += count;
  }

  /** @throws Unfinished at once if the check stops: at a slow pace the turn would be long in coming */
  #inTurn<T>(task: () => Promise<T>, priority: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string) => reject(new Unfinished(why));
      if (this.#stopped !== undefined) return refuse(this.#stopped);
      this.#waiting.add(refuse);
      const begin = () => {
        this.#waiting.delete(refuse);
        return task();
      };
      this.#queue.add(begin, { priority }).then(resolve, reject);
    });
  }
}
