// One repository: deletes that wait together are done with one write of its index.
import type { Logger } from 'pino';
import type { DeletedTag } from '../../store.ts';
import { DeleteQueue, MAX_WAITING, type Turn } from '../delete-queue.ts';
import { LayoutIndex, type VersionCache } from './layout-index.ts';

/**
 * Callers that were answered together get at most 5 ms to come back: at 64 at once, 37 writes for 1,024 deletes become 29.
 */
const BATCHES = { maxSize: MAX_WAITING, lingerMs: 5 };

/** Only one object a directory. A turn bounds how many repositories are written at once, and so the open files. */
export class LayoutRepository {
  readonly #index: LayoutIndex;
  readonly #turn: Turn;
  readonly #queue: DeleteQueue;

  constructor(directory: string, versions: VersionCache, turn: Turn, log: Logger) {
    this.#turn = turn;
    this.#index = new LayoutIndex(directory, versions, log);
    this.#queue = new DeleteQueue(directory, (tags) => this.#index.deleteTags(tags), { ...BATCHES, turn });
  }

  /** Whether nothing is in progress and there is nothing to remember. */
  get idle(): boolean {
    return this.#queue.idle && this.#index.idle;
  }

  /**
   * Deletes every descriptor of this tag.
   * @throws StoreError `tag-not-found`, `busy` or `invalid-layout`; errors of the file system if the layout is missing
   */
  deleteTag(tag: string): Promise<DeletedTag> {
    return this.#queue.deleteTag(tag);
  }

  /**
   * Checks what other programs have written, unless a delete is about to do that.
   * @param now milliseconds since 1970 @param until when the check gives up, by performance.now()
   */
  async sweep(now: number, until?: number): Promise<void> {
    if (!this.#queue.idle || !this.#index.isSweepDue(now)) return;
    await this.#queue.betweenBatches(() => this.#turn(() => this.#index.sweep(now, until)));
  }

  /**
   * Waits for deletes in progress and checks for late writers a last time.
   * @param sweepUntil when that check gives up, by performance.now()
   */
  async close(sweepUntil: number): Promise<void> {
    await this.#queue.drained();
    await this.sweep(Number.POSITIVE_INFINITY, sweepUntil);
    await this.#index.close();
  }
}
