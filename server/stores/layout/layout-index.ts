// The index of one repository: deletes tags while other programs write the same file. One call at a time.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StoreError } from '../../store.ts';
import { checkLayout } from './files/layout-check.ts';
import { applyChange, type Change, descriptorsOf, digestsByTag } from './index/change.ts';
import type { ImageIndex } from './index/image-index.ts';
import { confirmVersion, type IndexVersion, readVersion } from './index/index-version.ts';
import { NextFile } from './index/next-file.ts';
import { otherSpellings } from './index/other-spellings.ts';
import { type Replaced, replaceVersion } from './index/replace-index.ts';
import { LateWrites, type Plan } from './other-writers/late-writes.ts';
import { ReplacedFile } from './other-writers/replaced-file.ts';
import { type OwnWrite, StaleWrites } from './other-writers/stale-writes.ts';

/**
 * Max time of a change while other programs keep writing, in milliseconds; beyond it `busy`. A copy writes for
 * milliseconds. A number of attempts would be over sooner on a busy machine, on which each is more likely to fail. With the
 * wait in the queue (20 s) it is less than what a caller waits for an answer (30 s).
 */
const CHANGE_MS = 8_000;
/** Mean pause after the second failed attempt, in milliseconds; it grows to ten times that. */
const ATTEMPT_PAUSE_MS = 5;

/** For this long after a delete every sweep looks at the index, in milliseconds: most copies end then. */
const SWEEP_OFTEN_MS = 10_000;
/** Later it looks at intervals of this many milliseconds. */
const SWEEP_SELDOM_MS = 10_000;

/** Each name in an index is a tag of its own: the requested tag must be the whole name. */
const SPELT_OTHERWISE = 'no such tag, but index.json has it under these names: tag it again, with the tag alone';

const NO_TAGS: ReadonlySet<string> = new Set();
const NO_CHANGE: Change = { deleted: [], superseded: [], added: [] };

/** Keeps parsed indexes of all repositories between their changes, up to a size. */
export interface VersionCache {
  get(directory: string): IndexVersion | undefined;
  set(directory: string, version: IndexVersion): unknown;
  delete(directory: string): unknown;
}

/** A change that was made, and what it was made of. */
interface Changed {
  readonly change: Change;
  readonly from: ImageIndex;
}

/** Only one object a directory, or changes would overtake each other. */
export class LayoutIndex {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #versions: VersionCache;
  readonly #changeMs: number;
  readonly #stale: StaleWrites;
  readonly #late: LateWrites;
  /** Milliseconds since 1970. */
  #lastDelete = 0;
  #lastSweep = 0;
  /** A failure that lasts is logged once. */
  #isSweepFailing = false;

  /** @param changeMs max time of a change while other programs keep writing, in milliseconds; 8,000 by default */
  constructor(directory: string, versions: VersionCache, log: Logger, changeMs = CHANGE_MS) {
    this.#changeMs = changeMs;
    this.#directory = directory;
    this.#versions = versions;
    this.#log = log.child({ layout: directory });
    this.#stale = new StaleWrites(directory, this.#log);
    this.#late = new LateWrites(this.#stale, (plan, until) => this.#change(plan, until), this.#log);
  }

  /** Whether there is nothing to remember. */
  get idle(): boolean {
    return !this.#stale.remembersDeletes && this.#late.isEmpty;
  }

  /**
   * Deletes the tags with one write.
   * @returns the digests of each deleted tag; a tag that did not exist is not in the map
   * @throws StoreError `invalid-layout`, `unavailable` or `busy`; errors of the file system
   */
  async deleteTags(tags: ReadonlySet<string>): Promise<Map<string, string[]>> {
    this.#lastDelete = Date.now();
    try {
      return await this.#commit(tags, Number.POSITIVE_INFINITY);
    } catch (error) {
      // Its caller gets 429, which the log of requests does not explain.
      if (error instanceof StoreError && error.kind === 'busy') this.#log.warn({ err: error }, 'nothing was deleted');
      throw error;
    }
  }

  /** Closes the replaced files. Nothing may follow. */
  async close(): Promise<void> {
    await this.#late.close();
  }

  /** @param until no attempt begins after this time of performance.now() */
  async #commit(tags: ReadonlySet<string>, until: number): Promise<Map<string, string[]>> {
    try {
      const plan = (index: ImageIndex) => ({ ...NO_CHANGE, deleted: descriptorsOf(index, tags) });
      const { change, from } = await this.#change(plan, until);
      await this.#late.adopt(until);
      const digests = digestsByTag(change.deleted);
      const missing = [...tags].filter((tag) => !digests.has(tag));
      for (const [tag, names] of otherSpellings(from, missing)) this.#log.warn({ tag, names }, SPELT_OTHERWISE);
      return digests;
    } catch (error) {
      this.#versions.delete(this.#directory);
      throw error;
    }
  }

  /** Whether it is time to look again: often after a delete and while a push is to be adopted, then now and then. */
  isSweepDue(now: number): boolean {
    return this.#late.isPending || now - this.#lastDelete < SWEEP_OFTEN_MS || now - this.#lastSweep >= SWEEP_SELDOM_MS;
  }

  /**
   * Deletes tags again that a slow copy has brought back, and forgets old deletes. Never throws.
   * @param now milliseconds since 1970 @param until when it gives up, by performance.now()
   */
  async sweep(now: number, until = Number.POSITIVE_INFINITY): Promise<void> {
    this.#lastSweep = now;
    try {
      await this.#late.adopt(until);
      if (this.#stale.remembersDeletes && performance.now() < until) await this.#commit(NO_TAGS, until);
      this.#isSweepFailing = false;
    } catch (error) {
      // If the layout is gone there is nothing left to guard.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#stale.forgetDeletes();
      else if (!this.#isSweepFailing)
        this.#log.warn({ err: error }, 'cannot check whether a copy restored deleted tags');
      this.#isSweepFailing = true;
    } finally {
      await this.#late.closeSettled();
    }
    this.#stale.expire(now);
  }

  /** Changes the index; starts over if another program writes meanwhile. */
  async #change(plan: Plan, until: number): Promise<Changed> {
    const next = new NextFile(this.#directory);
    const end = Math.min(until, performance.now() + this.#changeMs);
    let attempt = 1;
    try {
      for (; performance.now() < end; attempt += 1) {
        const changed = await this.#attempt(plan, next);
        if (changed !== undefined) return changed;
        this.#versions.delete(this.#directory);
        if (attempt > 1) await delay(Math.random() * ATTEMPT_PAUSE_MS * Math.min(attempt, 10));
      }
    } finally {
      await next.discard();
    }
    throw new StoreError('busy', `${this.#directory}: others wrote index.json during ${attempt - 1} attempts`);
  }

  /** @returns undefined if another program has written meanwhile */
  async #attempt(plan: Plan, nextFile: NextFile): Promise<Changed | undefined> {
    const { version, repair } = await this.#current();
    const repaired = await applyChange(version.index, repair);
    const change = plan(repaired);
    const next = await applyChange(repaired, change);
    if (next !== version.index) {
      const replaced = await replaceVersion(this.#directory, version, next, nextFile);
      if (replaced === undefined) return undefined;
      this.#note(replaced, { repair, repaired, deleted: change.deleted });
      return { change, from: repaired };
    }
    const confirmed = await confirmVersion(this.#directory, version);
    if (confirmed === undefined) return undefined;
    this.#versions.set(this.#directory, confirmed);
    return { change, from: repaired };
  }

  /** @throws StoreError `unavailable` if the new index may not be durable */
  #note({ version, oldFile, oldVersion, unsynced }: Replaced, write: OwnWrite): void {
    this.#late.watch(new ReplacedFile(this.#directory, oldFile, oldVersion));
    this.#versions.set(this.#directory, version);
    this.#stale.noteWrite(version, oldVersion.index, write);
    if (unsynced === undefined) return;
    const message = `${this.#directory}: written, but not durably: ${unsynced.message}`;
    throw new StoreError('unavailable', message, { cause: unsynced });
  }

  /** The index and its repair. From the cache without a look at the disk: using it shows whether it has changed. */
  async #current(): Promise<{ readonly version: IndexVersion; readonly repair: Change }> {
    const cached = this.#versions.get(this.#directory);
    if (cached !== undefined) return { version: cached, repair: NO_CHANGE };
    await checkLayout(this.#directory);
    const version = await readVersion(this.#directory);
    const repair = await this.#stale.repair(version);
    if (repair.deleted.length + repair.added.length === 0) this.#versions.set(this.#directory, version);
    return { version, repair };
  }
}
