// A copy that began before a delete and ends after it writes the index as it was at its start, and so brings the
// deleted tag back. The deletes of the last minutes are remembered, to tell such a tag from one that was pushed anew.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from './index-file.ts';
import type { IndexVersion } from './index-version.ts';

/** How long a delete is remembered; a copy that takes longer can undo it. */
const REMEMBER_MS = 15 * 60_000;
/** At most so many deletes of a repository are remembered; the oldest is forgotten first. */
const REMEMBER_COUNT = 10_000;
/** A writer that replaces the file reads it just before; one that comes later meant what it wrote. */
const REPLACE_RACE_MS = 2_000;

interface RecentDelete {
  readonly digests: ReadonlySet<string>;
  /** By the clock of the file system, milliseconds since 1970. */
  readonly deletedAt: number;
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

  /** @param written the version that no longer has these descriptors */
  remember(removed: Iterable<Descriptor>, written: IndexVersion): void {
    const deletedAt = milliseconds(written.stamp.mtimeNs);
    for (const { refName, digest } of removed) {
      if (refName === undefined) continue;
      const known = this.#deletes.get(refName);
      this.#deletes.delete(refName);
      this.#deletes.set(refName, { digests: new Set([...(known?.digests ?? []), digest]), deletedAt });
    }
    for (const tag of this.#deletes.keys()) {
      if (this.#deletes.size <= REMEMBER_COUNT) break;
      this.#deletes.delete(tag);
    }
  }

  clear(): void {
    this.#deletes.clear();
  }

  /** Forgets what is too long ago. @param now milliseconds since 1970 */
  expire(now: number): void {
    for (const [tag, { deletedAt }] of this.#deletes) {
      if (now - deletedAt < REMEMBER_MS) break;
      this.#deletes.delete(tag);
    }
  }

  /**
   * The descriptors of a version that somebody else wrote which a delete had taken away and nobody pushed again.
   * @param writtenInPlace by a writer that may have read the index long before
   */
  async broughtBack({ index, stamp }: IndexVersion, writtenInPlace: boolean): Promise<readonly Descriptor[]> {
    const meantUntil = writtenInPlace ? Number.NEGATIVE_INFINITY : milliseconds(stamp.ctimeNs) - REPLACE_RACE_MS;
    return this.#broughtBackAmong(index.descriptors, meantUntil);
  }

  /** The same of descriptors that were written in place into a file which had been replaced by then. */
  broughtBackLate(descriptors: readonly Descriptor[]): Promise<readonly Descriptor[]> {
    return this.#broughtBackAmong(descriptors, Number.NEGATIVE_INFINITY);
  }

  /** @param meantUntil whoever wrote the descriptors knew of the deletes before, in milliseconds since 1970 */
  async #broughtBackAmong(descriptors: readonly Descriptor[], meantUntil: number): Promise<readonly Descriptor[]> {
    const broughtBack: Descriptor[] = [];
    for (const descriptor of this.#deletes.size === 0 ? [] : descriptors) {
      const recent = descriptor.refName === undefined ? undefined : this.#deletes.get(descriptor.refName);
      if (recent === undefined) continue;
      if (recent.deletedAt >= meantUntil && (await this.#isOlder(descriptor, recent))) broughtBack.push(descriptor);
      else this.#deletes.delete(descriptor.refName as string);
    }
    return broughtBack;
  }

  async #isOlder({ digest }: Descriptor, { digests, deletedAt }: RecentDelete): Promise<boolean> {
    if (!digests.has(digest)) return false;
    // Pushing writes the manifest anew, even one that is there already (skopeo): older than the delete, it was not pushed.
    const [algorithm = '', hex = ''] = digest.split(':');
    if (!/^[a-z0-9+._-]+$/.test(algorithm) || !/^[A-Za-z0-9=_-]+$/.test(hex)) return false;
    const blob = await stat(join(this.#directory, 'blobs', algorithm, hex)).catch(() => undefined);
    // Without its manifest it was not pushed either: it would dangle.
    return blob === undefined || blob.mtimeMs <= deletedAt;
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000n) / 1_000;
}
