// A copy that began before a delete and ends after it writes the index as it was at its start, so the deleted tag comes
// back. Recent deletes are remembered to tell such a tag from one that was pushed again.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor, ImageIndex } from '../index/image-index.ts';
import type { IndexVersion } from '../index/index-version.ts';
import { followersOf, Places } from './places.ts';

/** How long a delete is remembered, in milliseconds. A copy that takes longer can undo it. */
const REMEMBER_MS = 15 * 60_000;
/** Max deletes remembered for one repository. Beyond that the oldest is forgotten. */
const REMEMBER_COUNT = 10_000;
/**
 * A writer that replaces the file by rename reads it just before. If it comes more than this many milliseconds after the
 * delete, it knew of the delete and means what it wrote.
 */
const REPLACE_RACE_MS = 2_000;

interface RecentDelete {
  readonly digests: ReadonlySet<string>;
  /** By the clock of the file system, milliseconds since 1970. */
  readonly deletedAt: number;
  /** What was behind the tag in the index. */
  readonly followers: readonly string[];
}

/** The deletes of the last minutes in one repository. */
export class RecentDeletes {
  readonly #directory: string;
  readonly #deletes = new Map<string, RecentDelete>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  get size(): number {
    return this.#deletes.size;
  }

  /** @param index that had the descriptors @param written the version that no longer has them */
  remember(removed: readonly Descriptor[], index: ImageIndex, written: IndexVersion): void {
    const deletedAt = milliseconds(written.stamp.mtimeNs);
    for (const [{ refName, digest }, followers] of followersOf(index, removed)) {
      if (refName === undefined) continue;
      const known = this.#deletes.get(refName);
      this.#deletes.delete(refName);
      this.#deletes.set(refName, { digests: new Set([...(known?.digests ?? []), digest]), deletedAt, followers });
    }
    for (const tag of this.#deletes.keys()) {
      if (this.#deletes.size <= REMEMBER_COUNT) break;
      this.#deletes.delete(tag);
    }
  }

  clear(): void {
    this.#deletes.clear();
  }

  /** Forgets old deletes. @param now milliseconds since 1970 */
  expire(now: number): void {
    for (const [tag, { deletedAt }] of this.#deletes) {
      if (now - deletedAt < REMEMBER_MS) break;
      this.#deletes.delete(tag);
    }
  }

  /**
   * Returns the descriptors of deleted tags that another writer has brought back, but did not push again.
   * @param version written by another program
   * @param writtenInPlace whether its writer may have read the index long before
   */
  async broughtBack({ index, stamp }: IndexVersion, writtenInPlace: boolean): Promise<readonly Descriptor[]> {
    const knownUntil = writtenInPlace ? Number.NEGATIVE_INFINITY : milliseconds(stamp.ctimeNs) - REPLACE_RACE_MS;
    const returned =
      this.#deletes.size === 0 ? [] : index.descriptors.filter((one) => this.#recentOf(one) !== undefined);
    const places = new Places(returned.length === 0 ? [] : index.descriptors);
    const tagged = returned.filter((one) =>
      places.isAppended(one, this.#recentOf(one)?.followers ?? [], !writtenInPlace),
    );
    for (const { refName } of tagged) this.#deletes.delete(refName as string);
    return this.#broughtBackAmong(returned, knownUntil);
  }

  /** The same for descriptors that were written in place into a file after it had been replaced. */
  broughtBackLate(descriptors: readonly Descriptor[]): Promise<readonly Descriptor[]> {
    return this.#broughtBackAmong(descriptors, Number.NEGATIVE_INFINITY);
  }

  /** @param knownUntil the writer knew of deletes before this time, in milliseconds since 1970 */
  async #broughtBackAmong(descriptors: readonly Descriptor[], knownUntil: number): Promise<readonly Descriptor[]> {
    const broughtBack: Descriptor[] = [];
    for (const descriptor of this.#deletes.size === 0 ? [] : descriptors) {
      const recent = this.#recentOf(descriptor);
      if (recent === undefined) continue;
      if (recent.deletedAt >= knownUntil && (await this.#isOlder(descriptor, recent))) broughtBack.push(descriptor);
      else this.#deletes.delete(descriptor.refName as string);
    }
    return broughtBack;
  }

  #recentOf({ refName }: Descriptor): RecentDelete | undefined {
    return refName === undefined ? undefined : this.#deletes.get(refName);
  }

  /** Whether the image is the deleted one and its manifest was not written since. */
  async #isOlder({ digest }: Descriptor, { digests, deletedAt }: RecentDelete): Promise<boolean> {
    if (!digests.has(digest)) return false;
    // A push writes the manifest anew, even one that is there already (skopeo). An older manifest was not pushed.
    const [algorithm = '', hex = ''] = digest.split(':');
    if (!/^[a-z0-9+._-]+$/.test(algorithm) || !/^[A-Za-z0-9=_-]+$/.test(hex)) return false;
    const blob = await stat(join(this.#directory, 'blobs', algorithm, hex)).catch(() => undefined);
    // A missing manifest was not pushed either: the tag would dangle.
    return blob === undefined || blob.mtimeMs <= deletedAt;
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000n) / 1_000;
}
