// The deletes of one repository: they queue up, and whatever waits is committed with one write.
import type { Logger } from 'pino';
import { type DeletedTag, StoreError } from '../../store.ts';
import { LayoutIndex, type VersionCache } from './layout-index.ts';

/** So many deletes may wait in a repository; a further one is `busy`. */
const MAX_WAITING = 1024;

/** Runs work when its turn comes: so many repositories write at once, so many files are open. */
export type Work = <T>(work: () => Promise<T>) => Promise<T>;

interface Waiting {
  readonly tag: string;
  resolve(deleted: DeletedTag): void;
  reject(error: unknown): void;
}

/** A repository whose tags are deleted. One object a directory. */
export class LayoutRepository {
  readonly #directory: string;
  readonly #index: LayoutIndex;
  readonly #work: Work;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;

  constructor(directory: string, versions: VersionCache, work: Work, log: Logger) {
    this.#directory = directory;
    this.#work = work;
    this.#index = new LayoutIndex(directory, versions, log);
  }

  /** Whether nothing is under way and nothing has to be remembered. */
  get idle(): boolean {
    return this.#committing === undefined && this.#index.idle;
  }

  /**
   * Deletes every descriptor of this tag.
   * @throws StoreError `tag-not-found`, `busy`, `invalid-layout`, or what is thrown for a missing layout
   */
  deleteTag(tag: string): Promise<DeletedTag> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new StoreError('busy', `${this.#directory}: ${MAX_WAITING} deletes wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tag, resolve, reject });
      this.#committing ??= this.#commitWaiting();
    });
  }

  /** Looks after what others have written, unless a delete is about to do so. @param now milliseconds since 1970 */
  async sweep(now: number): Promise<void> {
    if (this.#committing !== undefined || !this.#index.isSweepDue(now)) return;
    this.#committing = this.#work(() => this.#index.sweep(now)).finally(() => this.#next());
    await this.#committing;
  }

  /** Waits for what is under way and looks for late writers a last time. */
  async close(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    await this.sweep(Number.POSITIVE_INFINITY);
  }

  async #commitWaiting(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const deleted = await this.#work(() => this.#index.deleteTags(new Set(batch.map(({ tag }) => tag))));
      for (const { tag, resolve, reject } of batch) {
        const digests = deleted.get(tag);
        // Of several deletes of one tag the first one did it.
        deleted.delete(tag);
        if (digests === undefined) reject(new StoreError('tag-not-found', `${this.#directory} has no tag ${tag}`));
        else resolve({ digests });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#next();
  }

  #next(): void {
    this.#committing = this.#waiting.length === 0 ? undefined : this.#commitWaiting();
  }
}
