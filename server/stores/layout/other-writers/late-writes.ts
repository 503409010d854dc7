// Pushes into an index after it was replaced: its writer had opened it before. They are put into the index that replaced it.
import type { Logger } from 'pino';
import { type Change, descriptorsOf, tagsOf } from '../index/change.ts';
import { type Descriptor, type ImageIndex, textsOf } from '../index/image-index.ts';
import { notWrittenSince, ReplacedFile } from './replaced-file.ts';
import type { StaleWrites } from './stale-writes.ts';

/**
 * Max time that a delete or a sweep takes to adopt late pushes while other programs keep writing, in milliseconds; beyond it
 * a later sweep tries again. The caller of the delete waits for it.
 */
const ADOPTION_MS = 1_000;

/** Decides on a change. Called again if another program has written meanwhile. */
export type Plan = (index: ImageIndex) => Change;

/** Changes the index. @param until no attempt begins after this time of performance.now() */
type MakeChange = (plan: Plan, until: number) => Promise<unknown>;

/** The replaced files of one repository that are still open. */
export class LateWrites {
  readonly #stale: StaleWrites;
  readonly #change: MakeChange;
  readonly #log: Logger;
  /** The last replaced file, and those with a push to adopt; more of them only while late writes are looked for. */
  #replaced: ReplacedFile[] = [];

  constructor(stale: StaleWrites, change: MakeChange, log: Logger) {
    this.#stale = stale;
    this.#change = change;
    this.#log = log;
  }

  get isEmpty(): boolean {
    return this.#replaced.length === 0;
  }

  /** Whether there is a push that could not be adopted yet. */
  get isPending(): boolean {
    return this.#replaced.some(({ isPending }) => isPending);
  }

  /** Takes over a file that was replaced. */
  watch(replaced: ReplacedFile): void {
    this.#replaced.push(replaced);
  }

  /**
   * Looks into the replaced files. Adopting a push replaces a further one. Never throws: a failure here undoes no delete.
   * @param until no attempt begins after this time of performance.now()
   */
  async adopt(until: number): Promise<void> {
    const end = Math.min(until, performance.now() + ADOPTION_MS);
    for (const replaced of this.#replaced) {
      const wasPending = replaced.isPending;
      await this.#adoptFrom(replaced, end).catch((err: unknown) => {
        // Then there is no index to put it into.
        if ((err as NodeJS.ErrnoException).code === 'ENOENT') replaced.settle();
        else if (!wasPending) this.#log.warn({ err }, 'cannot adopt what a push wrote into the replaced index');
      });
    }
    const last = this.#replaced.at(-1);
    await this.#closeBut((replaced) => replaced === last || replaced.isPending);
  }

  /** Closes all files but those with a push that could not be adopted yet. Never throws. */
  closeSettled(): Promise<void> {
    return this.#closeBut(({ isPending }) => isPending);
  }

  /** Closes all files. Never throws. */
  close(): Promise<void> {
    return this.#closeBut(() => false);
  }

  async #adoptFrom(replaced: ReplacedFile, until: number): Promise<void> {
    const late = await replaced.lateWrites();
    const pushed = await this.#stale.pushedLate(late.added);
    let adopted: readonly Descriptor[] = [];
    const plan = (current: ImageIndex): Change => {
      adopted = notWrittenSince(late.before, current, pushed);
      const superseded = descriptorsOf(current, tagsOf(adopted));
      return { deleted: [], superseded, added: [...textsOf(late.seen.index, adopted).values()] };
    };
    if (pushed.length > 0) await this.#change(plan, until);
    if (adopted.length > 0) {
      this.#stale.noteAdoption(late.seen.index, adopted);
      this.#log.info({ tags: [...tagsOf(adopted)] }, 'adopted what a push had written into the replaced index');
    }
    replaced.settle(late.seen);
  }

  /** @param isKept which stay open, unless too many are */
  async #closeBut(isKept: (replaced: ReplacedFile) => boolean): Promise<void> {
    const kept = ReplacedFile.areMany ? [] : this.#replaced.filter(isKept);
    const closed = this.#replaced.filter((replaced) => !kept.includes(replaced));
    this.#replaced = kept;
    await Promise.allSettled(closed.map((replaced) => replaced.close()));
  }
}
