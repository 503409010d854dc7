// A repository whose tags are deleted: whatever waits is committed with one write.
import type { Logger } from 'pino';
import type { DeletedTag } from '../../store.ts';
import { DeleteQueue } from '../delete-queue.ts';
import { LayoutIndex, type VersionCache } from './layout-index.ts';

/** Runs work when its turn comes: so many repositories write at once, so many files are open. */
export type Work = <T>(work: () => Promise<T>) => Promise<T>;

/** One object a directory. */
export class LayoutRepository {
  readonly #index: LayoutIndex;
  readonly #work: Work;
  readonly #queue: DeleteQueue;

  constructor(directory: string, versions: VersionCache, work: Work, log: Logger) {
    this.#work = work;
    this.#index = new LayoutIndex(directory, versions, log);
    this.#queue = new DeleteQueue(directory, (tags) => work(() => this.#index.deleteTags(tags)));
  }

  /** Whether nothing is under way and nothing has to be remembered. */
  get idle(): boolean {
    return this.#queue.idle && this.#index.idle;
  }

  /**
   * Deletes every descriptor of this tag.
   * @throws StoreError `tag-not-found`, `busy`, `invalid-layout`, or what is thrown for a missing layout
   */
  deleteTag(tag: string): Promise<DeletedTag> {
    return this.#queue.deleteTag(tag);
  }

  /** Looks after what others have written, unless a delete is about to do so. @param now milliseconds since 1970 */
  async sweep(now: number): Promise<void> {
    if (!this.#queue.idle || !this.#index.isSweepDue(now)) return;
    await this.#queue.betweenBatches(() => this.#work(() => this.#index.sweep(now)));
  }

  /** Waits for what is under way and looks for late writers a last time. */
  async close(): Promise<void> {
    await this.#queue.drained();
    await this.sweep(Number.POSITIVE_INFINITY);
  }
}
