// An index that was replaced and is still open. A writer that had opened it before the rename writes into it, and no
// other program sees that. Here it can still be read.
import type { FileHandle } from 'node:fs/promises';
import type { Descriptor, ImageIndex } from '../index/image-index.ts';
import { confirmFile, type IndexVersion, readWhole } from '../index/index-version.ts';

/** Max replaced files kept open between two sweeps, in all repositories. Beyond that they are closed at once. */
const MAX_KEPT_OPEN = 128;

/** A replaced index. The constructor takes the file over; close() closes it. */
export class ReplacedFile {
  static #open = 0;

  readonly #directory: string;
  readonly #file: FileHandle;
  #last: IndexVersion;

  /** @param last what the file held when it was replaced */
  constructor(directory: string, file: FileHandle, last: IndexVersion) {
    this.#directory = directory;
    this.#file = file;
    this.#last = last;
    ReplacedFile.#open += 1;
  }

  /** Whether too many are open to keep one for later. */
  static get areMany(): boolean {
    return ReplacedFile.#open > MAX_KEPT_OPEN;
  }

  /**
   * Returns the descriptors that were written since the file was replaced, or since the last call. Compares tags and
   * digests, not bytes: a writer formats the descriptors it has read anew.
   */
  async lateWrites(): Promise<{ readonly index: ImageIndex; readonly added: readonly Descriptor[] }> {
    const before = this.#last;
    const confirmed = await confirmFile(this.#file, before);
    this.#last = confirmed ?? (await readWhole(this.#file, this.#directory));
    const { index } = this.#last;
    if (confirmed !== undefined) return { index, added: [] };
    const known = new Set(before.index.descriptors.map(identity));
    return { index, added: index.descriptors.filter((descriptor) => !known.has(identity(descriptor))) };
  }

  close(): Promise<void> {
    ReplacedFile.#open -= 1;
    return this.#file.close();
  }
}

/** A digest has no space (OCI image-spec, descriptor.md). JSON.stringify would take three times as long. */
function identity({ refName, digest }: Descriptor): string {
  return refName === undefined ? digest : `${digest} ${refName}`;
}
