// The index of one repository, and everything that can happen to it while others write it too. One change at a time:
// whoever uses it waits for a call to end before the next one.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StoreError } from '../../store.ts';
import { type Descriptor, type ImageIndex, parseIndex, withAdded, without } from './index-file.ts';
import { type IndexVersion, isSameFile, isUnchanged, readVersion, type Stamp } from './index-version.ts';
import { checkLayout } from './layout-check.ts';
import { RecentDeletes } from './recent-deletes.ts';
import { replaceVersion } from './replace-index.ts';
import { ReplacedFile } from './replaced-file.ts';
import { TakenOver } from './taken-over.ts';

/** How often a commit starts over because somebody else wrote; a copy writes for milliseconds. */
const MAX_ATTEMPTS = 100;
const ATTEMPT_PAUSE_MS = 5;

/** After a delete the index is looked at on every sweep for so many milliseconds, later only so often. */
const SWEEP_OFTEN_MS = 10_000;
const SWEEP_SELDOM_MS = 10_000;

const NO_TAGS: ReadonlySet<string> = new Set();

/** Keeps parsed indexes, within a bound, between the commits of all repositories. */
export interface VersionCache {
  get(directory: string): IndexVersion | undefined;
  set(directory: string, version: IndexVersion): unknown;
  delete(directory: string): unknown;
}

/** The index and what a copy has made of it that began before our last writes. */
interface Current {
  readonly version: IndexVersion;
  /** Deleted tags that it has brought back. */
  readonly broughtBack: readonly Descriptor[];
  /** Pushed tags that it has dropped. */
  readonly missing: readonly Buffer[];
}

/** An index that tags are deleted from. One object a directory, or changes would overtake each other. */
export class LayoutIndex {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #versions: VersionCache;
  readonly #recent: RecentDeletes;
  readonly #takenOver = new TakenOver();
  /** The last file that was replaced; more of them only while late writes are looked for. */
  readonly #replaced: ReplacedFile[] = [];
  /** The file that was written or seen last: a change within it was made in place. */
  #lastFile: Stamp | undefined;
  /** Milliseconds since 1970. */
  #lastDelete = 0;
  #lastSweep = 0;
  /** A failure that goes on is told once. */
  #isSweepFailing = false;

  constructor(directory: string, versions: VersionCache, log: Logger) {
    this.#directory = directory;
    this.#versions = versions;
    this.#log = log.child({ layout: directory });
    this.#recent = new RecentDeletes(directory);
  }

  /** Whether nothing has to be remembered. */
  get idle(): boolean {
    return this.#recent.size === 0 && this.#replaced.length === 0;
  }

  /**
   * Takes the tags out with one write.
   * @returns the digests that each tag had; a tag that was not there is missing
   * @throws StoreError `invalid-layout` or `unavailable`, and what the file system throws
   */
  deleteTags(tags: ReadonlySet<string>): Promise<Map<string, string[]>> {
    this.#lastDelete = Date.now();
    return this.#commit(tags);
  }

  async #commit(tags: ReadonlySet<string>): Promise<Map<string, string[]>> {
    try {
      const removed = await this.#rewrite((index) => ({ remove: named(index, tags), add: [] }));
      await this.#adoptLateWrites();
      return digestsByTag(removed);
    } catch (error) {
      this.#versions.delete(this.#directory);
      throw error;
    }
  }

  /** Whether it is time to look again: often after a delete, when most copies end, then now and then. */
  isSweepDue(now: number): boolean {
    return now - this.#lastDelete < SWEEP_OFTEN_MS || now - this.#lastSweep >= SWEEP_SELDOM_MS;
  }

  /**
   * Takes deleted tags out again that a slow copy has brought back, and forgets what is too long ago. To be called
   * every now and then. @param now milliseconds since 1970
   */
  async sweep(now: number): Promise<void> {
    this.#lastSweep = now;
    try {
      await this.#adoptLateWrites();
      if (this.#recent.size > 0) await this.#commit(NO_TAGS);
      this.#isSweepFailing = false;
    } catch (error) {
      // Without the layout there is nothing left to look after.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#recent.clear();
      else if (!this.#isSweepFailing)
        this.#log.warn({ err: error }, 'could not look for tags that a copy brought back');
      this.#isSweepFailing = true;
    } finally {
      await this.#forgetReplaced(0);
    }
    this.#recent.expire(now);
    this.#takenOver.expire(now);
  }

  /** Looks into the replaced files; taking something over replaces a further one. What fails here undoes no delete. */
  async #adoptLateWrites(): Promise<void> {
    for (const replaced of this.#replaced) {
      await this.#takeOver(replaced).catch((error: unknown) =>
        this.#log.warn({ err: error }, 'could not take over what a push had written into the replaced index'),
      );
    }
    await this.#forgetReplaced(ReplacedFile.areMany ? 0 : 1);
  }

  /** What was written into a file after it had been replaced is put into the index that replaced it. */
  async #takeOver(replaced: ReplacedFile): Promise<void> {
    const { bytes, descriptors } = await replaced.lateWrites();
    const broughtBack = await this.#recent.broughtBackLate(descriptors);
    const late = descriptors.filter((descriptor) => !broughtBack.includes(descriptor));
    if (late.length === 0) return;
    const tags = new Set(late.map(({ refName }) => refName).filter((name) => name !== undefined));
    this.#log.info({ tags: [...tags] }, 'a push had written into the replaced index: taken over');
    const add = late.map(({ start, end }) => bytes.subarray(start, end));
    await this.#rewrite((index) => ({ remove: named(index, tags), add }));
    this.#takenOver.remember({ bytes, descriptors: late }, Date.now());
  }

  /**
   * Changes the index, starting over where somebody else writes meanwhile. Tags that a slow copy has brought back go too.
   * @param plan what to take out and what to put in; it may be asked more than once
   * @returns what was taken out by plan
   */
  async #rewrite(
    plan: (index: ImageIndex) => { remove: readonly Descriptor[]; add: readonly Buffer[] },
  ): Promise<readonly Descriptor[]> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const { version, broughtBack, missing } = await this.#current();
      const { remove, add } = missing.length > 0 ? { remove: [], add: missing } : plan(version.index);
      if (remove.length + broughtBack.length + add.length === 0) {
        if (await isUnchanged(this.#directory, version)) return [];
      } else {
        const kept = without(version.index, new Set([...remove, ...broughtBack]));
        const next = add.length === 0 ? kept : await parseIndex(withAdded(kept, add));
        const result = await replaceVersion(this.#directory, version, next);
        if (result.outcome === 'replaced') {
          // A descriptor that makes room for a newer one of its name was not deleted.
          const deleted = add.length === 0 ? [...remove, ...broughtBack] : broughtBack;
          this.#recent.remember(deleted, result.version);
          this.#takenOver.forget(deleted);
          this.#reportBroughtBack(broughtBack);
          this.#versions.set(this.#directory, result.version);
          this.#lastFile = result.version.stamp;
          this.#replaced.push(result.replaced);
          if (result.unsynced !== undefined) {
            const message = `${this.#directory}: written, but not durably: ${result.unsynced.message}`;
            throw new StoreError('unavailable', message, { cause: result.unsynced });
          }
          if (missing.length === 0) return remove;
          continue;
        }
      }
      this.#versions.delete(this.#directory);
      if (attempt > 1) await delay(Math.random() * ATTEMPT_PAUSE_MS * Math.min(attempt, 10));
    }
    throw new StoreError('unavailable', `${this.#directory}: others wrote index.json during ${MAX_ATTEMPTS} attempts`);
  }

  /** The index, from the cache without looking: whoever uses it finds out whether it has changed. */
  async #current(): Promise<Current> {
    const cached = this.#versions.get(this.#directory);
    if (cached !== undefined) return { version: cached, broughtBack: [], missing: [] };
    await checkLayout(this.#directory);
    const version = await readVersion(this.#directory);
    const writtenInPlace = this.#lastFile !== undefined && isSameFile(version.stamp, this.#lastFile);
    this.#lastFile = version.stamp;
    const broughtBack = await this.#recent.broughtBack(version, writtenInPlace);
    const missing = writtenInPlace ? this.#takenOver.missingIn(version.index) : [];
    if (broughtBack.length + missing.length === 0) this.#versions.set(this.#directory, version);
    return { version, broughtBack, missing };
  }

  #reportBroughtBack(descriptors: readonly Descriptor[]): void {
    for (const { refName, digest } of descriptors) {
      this.#log.warn(
        { tag: refName, digest },
        'a copy that began before the delete had brought this tag back: deleted again',
      );
    }
  }

  /** @param keep how many of the last replaced files stay open */
  async #forgetReplaced(keep: number): Promise<void> {
    const forgotten = this.#replaced.splice(0, this.#replaced.length - keep);
    await Promise.all(forgotten.map((replaced) => replaced.close()));
  }
}

function named({ descriptors }: ImageIndex, tags: ReadonlySet<string>): readonly Descriptor[] {
  return descriptors.filter(({ refName }) => refName !== undefined && tags.has(refName));
}

function digestsByTag(descriptors: readonly Descriptor[]): Map<string, string[]> {
  const digests = new Map<string, string[]>();
  for (const { refName, digest } of descriptors) {
    if (refName === undefined) continue;
    const known = digests.get(refName);
    if (known === undefined) digests.set(refName, [digest]);
    else if (!known.includes(digest)) known.push(digest);
  }
  return digests;
}
