// Detects what a copy that began before our last writes has undone when it writes the index.
import type { Logger } from 'pino';
import type { Change } from '../index/change.ts';
import type { Descriptor, ImageIndex } from '../index/image-index.ts';
import type { IndexVersion } from '../index/index-version.ts';
import { isSameFile, type Stamp } from '../index/stamp.ts';
import { AdoptedPushes } from './adopted-pushes.ts';
import { RecentDeletes } from './recent-deletes.ts';

/** What a write of this server has changed. */
export interface OwnWrite {
  readonly repair: Change;
  /** The index after its repair. */
  readonly repaired: ImageIndex;
  /** The descriptors that were deleted from that. */
  readonly deleted: readonly Descriptor[];
}

/** What to remember of one repository to tell a stale write from an intended one. */
export class StaleWrites {
  readonly #log: Logger;
  readonly #deletes: RecentDeletes;
  readonly #pushes = new AdoptedPushes();
  /** The file that was written or seen last. If it has changed and is still the same file, it was written in place. */
  #lastFile: Stamp | undefined;

  constructor(directory: string, log: Logger) {
    this.#log = log;
    this.#deletes = new RecentDeletes(directory);
  }

  /** Whether any delete is remembered. */
  get remembersDeletes(): boolean {
    return this.#deletes.size > 0;
  }

  /** What undoes the damage: deleted tags that came back go, adopted pushes that were dropped return. */
  async repair(version: IndexVersion): Promise<Change> {
    const writtenInPlace = this.#lastFile !== undefined && isSameFile(version.stamp, this.#lastFile);
    this.#lastFile = version.stamp;
    return {
      deleted: await this.#deletes.broughtBack(version, writtenInPlace),
      superseded: [],
      added: writtenInPlace ? this.#pushes.missingIn(version.index) : [],
    };
  }

  /** Returns the descriptors that a push wrote into a file after it had been replaced; not the tags deleted since. */
  async pushedLate(descriptors: readonly Descriptor[]): Promise<readonly Descriptor[]> {
    const broughtBack = new Set(await this.#deletes.broughtBackLate(descriptors));
    return descriptors.filter((descriptor) => !broughtBack.has(descriptor));
  }

  /** @param written the version that this server has just put in place @param old the index before */
  noteWrite(written: IndexVersion, old: ImageIndex, { repair, repaired, deleted }: OwnWrite): void {
    this.#lastFile = written.stamp;
    this.#deletes.remember(repair.deleted, old, written);
    this.#deletes.remember(deleted, repaired, written);
    this.#pushes.forget([...deleted, ...repair.deleted]);
    for (const { refName, digest } of repair.deleted) {
      this.#log.warn(
        { tag: refName, digest },
        'deleted again: a copy that began before the delete had restored this tag',
      );
    }
  }

  /** @param pushed those of this index that were put into the one that replaced it */
  noteAdoption(index: ImageIndex, pushed: readonly Descriptor[]): void {
    this.#pushes.remember(index, pushed, Date.now());
  }

  /** Forgets what is too long ago. @param now milliseconds since 1970 */
  expire(now: number): void {
    this.#deletes.expire(now);
    this.#pushes.expire(now);
  }

  /** Forgets all deletes: the layout is gone. */
  forgetDeletes(): void {
    this.#deletes.clear();
  }
}
