// Finishes what the server had begun when it ended, or could not finish while it ran.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DummyDelete } from './delete/delete-by-placeholder.ts';
import type { Intent, Intents } from './intents.ts';

const SWEEP_MS = 1_000;
/** Where it fails, the next try waits twice as long as the last, up to so many milliseconds. */
const MAX_PAUSE_MS = 60_000;

/** For so many milliseconds a request that was under way when its server ended may still reach the registry. */
const MAX_AGE_MS = 60_000;

/** Runs work on a repository while no delete is under way there. */
export type Alone = (repository: string, work: () => Promise<void>) => Promise<void>;

/** A repository where it failed. */
interface Rest {
  readonly pauseMs: number;
  /** Of performance.now(). */
  readonly until: number;
}

export class Recovery {
  readonly #intents: Intents;
  readonly #dummyDelete: DummyDelete;
  readonly #alone: Alone;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  /** By repository: one that does not answer holds up no other. */
  readonly #finishing = new Map<string, Promise<void>>();
  readonly #resting = new Map<string, Rest>();
  readonly #sweeping: Promise<void>;

  constructor(intents: Intents, dummyDelete: DummyDelete, alone: Alone, log: Logger) {
    this.#intents = intents;
    this.#dummyDelete = dummyDelete;
    this.#alone = alone;
    this.#log = log;
    this.#sweeping = this.#sweepUntilStopped();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sweeping;
    await Promise.all(this.#finishing.values());
  }

  async #sweepUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    for (let pauseMs = SWEEP_MS; !signal.aborted; ) {
      const isDone = await this.#sweep();
      pauseMs = isDone ? SWEEP_MS : longer(pauseMs);
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Begins whatever can be begun. @returns whether it is known what that is */
  async #sweep(): Promise<boolean> {
    const byRepository = new Map<string, Intent[]>();
    try {
      for (const intent of await this.#intents.abandoned()) {
        byRepository.set(intent.repository, [...(byRepository.get(intent.repository) ?? []), intent]);
      }
    } catch (err) {
      this.#log.error({ err }, 'whether deletes were interrupted cannot be read; it is tried again');
      return false;
    }
    for (const [repository, intents] of byRepository) {
      const { until = 0 } = this.#resting.get(repository) ?? {};
      if (this.#finishing.has(repository) || performance.now() < until) continue;
      const finishing = this.#finish(repository, intents).finally(() => this.#finishing.delete(repository));
      this.#finishing.set(repository, finishing);
    }
    return true;
  }

  /** All at once: where PUTs fail now and then, there is one of nearly every batch of the last minute. */
  async #finish(repository: string, intents: readonly Intent[]): Promise<void> {
    // Of a tag that was deleted more than once the youngest knows what it had.
    const byAge = intents.toSorted((one, other) => one.recordedAt - other.recordedAt);
    const replaced = new Map(byAge.flatMap((intent) => [...intent.replaced]));
    let isOver = false;
    try {
      await this.#alone(repository, async () => {
        isOver = await this.#dummyDelete.finish(repository, replaced);
      });
      this.#resting.delete(repository);
    } catch (err) {
      const pauseMs = longer(this.#resting.get(repository)?.pauseMs ?? SWEEP_MS);
      this.#resting.set(repository, { pauseMs, until: performance.now() + pauseMs });
      this.#log.error({ repository, err }, 'an interrupted delete could not be finished; it is tried again');
    }
    for (const intent of intents) await this.#settle(intent, isOver);
  }

  /** What was sent a moment ago without a clear answer may arrive as late as what was under way in the beginning. */
  async #settle({ age, renew, remove }: Intent, isOver: boolean): Promise<void> {
    try {
      if (!isOver) await renew();
      else if (age >= MAX_AGE_MS) await remove();
    } catch (err) {
      this.#log.error({ err }, 'an intent is left as it is');
    }
  }
}

function longer(pauseMs: number): number {
  return Math.min(pauseMs * 2, MAX_PAUSE_MS);
}
