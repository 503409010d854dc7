// Finishes the deletes that were under way when the server ended, and those that it could not finish while it ran.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { PlaceholderDelete } from './delete/delete-by-placeholder.ts';
import type { Intent, Intents } from './intents.ts';

const SWEEP_MS = 1_000;
/** Milliseconds. After a failure the pause doubles, up to this. */
const MAX_PAUSE_MS = 60_000;

/** Milliseconds in which a request that was under way when its server ended may still reach the registry. */
const MAX_AGE_MS = 60_000;

/** Runs work on a repository while no delete is under way there. */
export type Alone = (repository: string, work: () => Promise<void>) => Promise<void>;

/** A repository in which recovery failed, and is tried again later. */
interface Rest {
  readonly pauseMs: number;
  /** Time of performance.now(). */
  readonly until: number;
}

export class Recovery {
  readonly #intents: Intents;
  readonly #placeholderDelete: PlaceholderDelete;
  readonly #alone: Alone;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  /** By repository: one that hangs does not hold up the others. */
  readonly #finishing = new Map<string, Promise<void>>();
  readonly #resting = new Map<string, Rest>();
  readonly #sweeping: Promise<void>;

  constructor(intents: Intents, placeholderDelete: PlaceholderDelete, alone: Alone, log: Logger) {
    this.#intents = intents;
    this.#placeholderDelete = placeholderDelete;
    this.#alone = alone;
    this.#log = log;
    this.#sweeping = this.#sweepUntilStopped();
  }

  /** Stops. Resolves when nothing is under way any more. */
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

  /** Begins to finish what can be finished. @returns whether the intents could be read */
  async #sweep(): Promise<boolean> {
    const byRepository = new Map<string, Intent[]>();
    try {
      for (const intent of await this.#intents.abandoned()) {
        byRepository.set(intent.repository, [...(byRepository.get(intent.repository) ?? []), intent]);
      }
    } catch (err) {
      this.#log.error({ err }, 'the intents of interrupted deletes cannot be read; it is tried again');
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

  /** All intents at once: if some PUTs fail, nearly every batch of the last minute has left one. */
  async #finish(repository: string, intents: readonly Intent[]): Promise<void> {
    // If a tag was deleted more than once, the youngest intent has its last digest.
    const byAge = intents.toSorted((one, other) => one.recordedAt - other.recordedAt);
    const replaced = new Map(byAge.flatMap((intent) => [...intent.replaced]));
    let isOver = false;
    try {
      await this.#alone(repository, async () => {
        isOver = await this.#placeholderDelete.finish(repository, replaced);
      });
      this.#resting.delete(repository);
    } catch (err) {
      const pauseMs = longer(this.#resting.get(repository)?.pauseMs ?? SWEEP_MS);
      this.#resting.set(repository, { pauseMs, until: performance.now() + pauseMs });
      this.#log.error({ repository, err }, 'an interrupted delete could not be finished; it is tried again');
    }
    for (const intent of intents) await this.#settle(intent, isOver);
  }

  /** Requests of this recovery that had no clear answer may arrive late too: the minute begins anew. */
  async #settle({ age, renew, remove }: Intent, isOver: boolean): Promise<void> {
    try {
      if (!isOver) await renew();
      else if (age >= MAX_AGE_MS) await remove();
    } catch (err) {
      this.#log.error({ err }, 'an intent could not be updated');
    }
  }
}

function longer(pauseMs: number): number {
  return Math.min(pauseMs * 2, MAX_PAUSE_MS);
}
