// Finishes what the server had begun when it ended, or could not finish while it ran.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DummyDelete } from './dummy-delete.ts';
import type { Intent, Intents } from './intents.ts';

const SWEEP_MS = 1_000;
/** While it fails, the next sweep waits twice as long as the last, up to so many milliseconds. */
const MAX_SWEEP_MS = 60_000;

/** For so many milliseconds a request that was under way when its server ended may still reach the registry. */
const MAX_AGE_MS = 60_000;

/** Runs work on a repository while no delete is under way there. */
export type Alone = (repository: string, work: () => Promise<void>) => Promise<void>;

export class Recovery {
  readonly #intents: Intents;
  readonly #dummyDelete: DummyDelete;
  readonly #alone: Alone;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #sweeping: Promise<void>;

  constructor(intents: Intents, dummyDelete: DummyDelete, alone: Alone, log: Logger) {
    this.#intents = intents;
    this.#dummyDelete = dummyDelete;
    this.#alone = alone;
    this.#log = log;
    this.#sweeping = this.#sweepUntilStopped();
  }

  /** Resolves when no sweep is under way any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sweeping;
  }

  async #sweepUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    for (let pauseMs = SWEEP_MS; !signal.aborted; ) {
      const isDone = await this.#sweep();
      pauseMs = isDone ? SWEEP_MS : Math.min(pauseMs * 2, MAX_SWEEP_MS);
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Repositories beside each other: one that does not answer holds up no other. */
  async #sweep(): Promise<boolean> {
    const byRepository = new Map<string, Intent[]>();
    for (const intent of await this.#intents.abandoned()) {
      byRepository.set(intent.repository, [...(byRepository.get(intent.repository) ?? []), intent]);
    }
    const done = await Promise.all([...byRepository].map(([repository, own]) => this.#finish(repository, own)));
    return done.every(Boolean);
  }

  /** All at once: where PUTs fail now and then, there is one of nearly every batch of the last minute. */
  async #finish(repository: string, intents: readonly Intent[]): Promise<boolean> {
    // Of a tag that was deleted more than once the youngest knows what it had.
    const byAge = intents.toSorted((one, other) => other.age - one.age);
    const replaced = new Map(byAge.flatMap((intent) => [...intent.replaced]));
    try {
      await this.#alone(repository, () => this.#dummyDelete.finish(repository, replaced));
      for (const { age, remove } of intents) if (age >= MAX_AGE_MS) await remove();
      return true;
    } catch (err) {
      this.#log.error({ repository, err }, 'an interrupted delete could not be finished; it is tried again');
      return false;
    }
  }
}
