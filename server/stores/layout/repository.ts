// The deletes of one repository: they queue up, and whatever waits is committed with one write.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type DeletedTag, StoreError } from '../../store.ts';
import { type Descriptor, type ImageIndex, parseIndex, withAdded, without } from './index-file.ts';
import {
  type IndexVersion,
  isSameFile,
  isUnchanged,
  type ReplacedFile,
  readVersion,
  replaceVersion,
  type Stamp,
} from './index-version.ts';
import { checkLayout } from './layout-check.ts';
import { RecentDeletes } from './recent-deletes.ts';
import { TakenOver } from './taken-over.ts';

/** So many deletes may wait in a repository; a further one is `busy`. */
const MAX_WAITING = 1024;

/** How often a commit starts over because somebody else wrote; a copy writes for milliseconds. */
const MAX_ATTEMPTS = 100;
const ATTEMPT_PAUSE_MS = 5;

/** Keeps parsed indexes, within a bound, between the commits of all repositories. */
export interface VersionCache {
  get(directory: string): IndexVersion | undefined;
  set(directory: string, version: IndexVersion): unknown;
  delete(directory: string): unknown;
}

interface Waiting {
  readonly tag: string;
  resolve(deleted: DeletedTag): void;
  reject(error: unknown): void;
}

/** The index and what a copy has made of it that began before our last writes. */
interface Current {
  readonly version: IndexVersion;
  /** Deleted tags that it has brought back. */
  readonly broughtBack: readonly Descriptor[];
  /** Pushed tags that it has dropped. */
  readonly missing: readonly Buffer[];
}

/** A layout on disk that tags are deleted from. One object a directory, or commits would overtake each other. */
export class LayoutRepository {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #versions: VersionCache;
  readonly #recent: RecentDeletes;
  readonly #takenOver = new TakenOver();
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  /** The last file that was replaced; more of them only while late writes are looked for. */
  readonly #replaced: ReplacedFile[] = [];

  /** A failure that goes on is told once. */
  #isSweepFailing = false;

  /** The file that was written or seen last: a change within it was made in place. */
  #lastFile: Stamp | undefined;

  constructor(directory: string, versions: VersionCache, log: Logger) {
    this.#directory = directory;
    this.#versions = versions;
    this.#log = log.child({ layout: directory });
    this.#recent = new RecentDeletes(directory);
  }

  /** Whether nothing is under way and nothing has to be remembered. */
  get idle(): boolean {
    return this.#committing === undefined && this.#recent.size === 0 && this.#replaced.length === 0;
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

  /** Takes deleted tags out again that a slow copy has brought back. To be called every now and then. */
  async sweep(now: number): Promise<void> {
    if (this.#committing !== undefined) return;
    this.#committing = this.#sweepOnce().finally(() => this.#next());
    await this.#committing;
    this.#recent.expire(now);
    this.#takenOver.expire(now);
  }

  /** Waits for what is under way and looks for late writers a last time. */
  async close(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    await this.sweep(Number.POSITIVE_INFINITY);
  }

  async #sweepOnce(): Promise<void> {
    try {
      await this.#adoptLateWrites();
      if (this.#recent.size > 0) await this.#commit([]);
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
  }

  async #commitWaiting(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const deleted = await this.#commit(batch.map(({ tag }) => tag));
      for (const { tag, resolve, reject } of batch) {
        const digests = deleted.get(tag);
        // Of several deletes of one tag the first one did it.
        deleted.delete(tag);
        if (digests === undefined) reject(new StoreError('tag-not-found', `${this.#directory} has no tag ${tag}`));
        else resolve({ digests });
      }
    } catch (error) {
      this.#versions.delete(this.#directory);
      for (const { reject } of batch) reject(error);
    }
    this.#next();
  }

  #next(): void {
    this.#committing = this.#waiting.length === 0 ? undefined : this.#commitWaiting();
  }

  /** Takes the tags out with one write. @returns the digests that each tag had; a tag that was not there is missing */
  async #commit(tags: readonly string[]): Promise<Map<string, string[]>> {
    const asked = new Set(tags);
    const removed = await this.#rewrite((index) => ({ remove: named(index, asked), add: [] }));
    await this.#adoptLateWrites();
    return digestsByTag(removed);
  }

  /** Looks into the replaced files; taking something over replaces a further one. What fails here undoes no delete. */
  async #adoptLateWrites(): Promise<void> {
    for (const replaced of this.#replaced) {
      await this.#takeOver(replaced).catch((error: unknown) =>
        this.#log.warn({ err: error }, 'could not take over what a push had written into the replaced index'),
      );
    }
    await this.#forgetReplaced(1);
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
