// Finishes what servers that ended left behind: this one in an earlier life, or another that records in the same place.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DummyDelete } from './dummy-delete.ts';
import type { Intents, RecordedIntent } from './intents.ts';

const SWEEP_MS = 1_000;

/** Whoever has recorded an intent is left alone for so many milliseconds: he is probably at work. */
const MIN_AGE_MS = 2_000;

/** For so many milliseconds a request that was under way when its server ended may still reach the registry. */
const MAX_AGE_MS = 60_000;

/** Runs work on a repository unless deletes are under way there. */
export type WhenIdle = (repository: string, work: () => Promise<void>) => Promise<void>;

export class Recovery {
  readonly #intents: Intents;
  readonly #dummyDelete: DummyDelete;
  readonly #whenIdle: WhenIdle;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #sweeping: Promise<void>;
  /** A failure that goes on is told once. */
  #lastFailure = '';

  constructor(intents: Intents, dummyDelete: DummyDelete, whenIdle: WhenIdle, log: Logger) {
    this.#intents = intents;
    this.#dummyDelete = dummyDelete;
    this.#whenIdle = whenIdle;
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
    while (!signal.aborted) {
      await this.#sweep();
      await delay(SWEEP_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #sweep(): Promise<void> {
    for (const recorded of await this.#intents.list()) {
      if (this.#stopping.signal.aborted) return;
      const age = Date.now() - recorded.intent.at;
      if (age >= MIN_AGE_MS) await this.#finish(recorded, age >= MAX_AGE_MS);
    }
  }

  async #finish({ intent: { repository, replaced }, remove }: RecordedIntent, isOld: boolean): Promise<void> {
    try {
      await this.#whenIdle(repository, async () => {
        await this.#dummyDelete.finish(repository, replaced);
        if (isOld) await remove();
      });
      this.#lastFailure = '';
    } catch (err) {
      const { message } = err as Error;
      if (message !== this.#lastFailure)
        this.#log.error({ repository, err }, 'an interrupted delete could not be finished');
      this.#lastFailure = message;
    }
  }
}
