// An index that was replaced and is still open. A writer that had opened it before the rename writes into it, and no
// other program sees that. Here it can still be read.
import type { FileHandle } from 'node:fs/promises';
import { descriptorsOf, tagsOf } from '../index/change.ts';
import type { Descriptor, ImageIndex } from '../index/image-index.ts';
import { confirmFile, type IndexVersion, readWhole } from '../index/index-version.ts';

/** Max replaced files kept open between two sweeps, in all repositories. Beyond that they are closed at once. */
const MAX_KEPT_OPEN = 128;

/** What was written into a file after it had been replaced. */
interface LateWrites {
  /** What was in it before. */
  readonly before: ImageIndex;
  readonly seen: IndexVersion;
  readonly added: readonly Descriptor[];
}

/** A replaced index. The constructor takes the file over; close() closes it. */
export class ReplacedFile {
  static #open = 0;

  readonly #directory: string;
  readonly #file: FileHandle;
  /** What was in it when it was replaced, and what has been adopted since. */
  #settled: IndexVersion;
  #isPending = false;

  /** @param settled what the file held when it was replaced */
  constructor(directory: string, file: FileHandle, settled: IndexVersion) {
    this.#directory = directory;
    this.#file = file;
    this.#settled = settled;
    ReplacedFile.#open += 1;
  }

  /** Whether too many are open to keep one for later. */
  static get areMany(): boolean {
    return ReplacedFile.#open > MAX_KEPT_OPEN;
  }

  /** Whether it has a push that `settle` was not called for: closing it would lose that. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /**
   * Returns the descriptors that were written since the file was replaced, or since `settle`. Compares tags and digests,
   * not bytes: a writer formats the descriptors it has read anew.
   */
  async lateWrites(): Promise<LateWrites> {
    const confirmed = await confirmFile(this.#file, this.#settled);
    if (confirmed !== undefined) this.#settled = confirmed;
    const seen = confirmed ?? (await readWhole(this.#file, this.#directory));
    const { index: before } = this.#settled;
    const added = confirmed === undefined ? addedTo(before, seen.index.descriptors) : [];
    this.#isPending = added.length > 0;
    return { before, seen, added };
  }

  /** Nothing is left to adopt of what was seen. @param seen undefined if the layout is gone, so that nothing ever will be */
  settle(seen = this.#settled): void {
    this.#settled = seen;
    this.#isPending = false;
  }

  close(): Promise<void> {
    ReplacedFile.#open -= 1;
    return this.#file.close();
  }
}

/**
 * Returns the pushed descriptors without those whose tag another program has put into the current index since. That push
 * began after the file was replaced, and the late one before: so the late one is not the last.
 * @param before what was in the file when it was replaced @param pushed what was written into it afterwards
 */
export function notWrittenSince(
  before: ImageIndex,
  current: ImageIndex,
  pushed: readonly Descriptor[],
): readonly Descriptor[] {
  const since = tagsOf(addedTo(before, descriptorsOf(current, tagsOf(pushed))));
  return pushed.filter(({ refName }) => refName === undefined || !since.has(refName));
}

function addedTo(before: ImageIndex, descriptors: readonly Descriptor[]): readonly Descriptor[] {
  const known = new Set(before.descriptors.map(identity));
  return descriptors.filter((descriptor) => !known.has(identity(descriptor)));
}

/** A digest has no space (OCI image-spec, descriptor.md). JSON.stringify would take three times as long. */
function identity({ refName, digest }: Descriptor): string {
  return refName === undefined ? digest : `${digest} ${refName}`;
}
