import type { FileHandle } from 'node:fs/promises';
import type { Descriptor } from './index-file.ts';
import { type IndexVersion, isUnchangedFile, readWhole } from './index-version.ts';

const MANY = 128;

/**
 * An index that was replaced and is still open. A writer that had opened it before the rename writes into it, unseen by
 * everybody else: what it wrote can be read here and is not lost.
 */
export class ReplacedFile {
  static #open = 0;

  readonly #directory: string;
  readonly #file: FileHandle;
  #last: IndexVersion;

  constructor(directory: string, file: FileHandle, last: IndexVersion) {
    this.#directory = directory;
    this.#file = file;
    this.#last = last;
    ReplacedFile.#open += 1;
  }

  /** Whether so many are open, in all repositories, that none should be kept for later. */
  static get areMany(): boolean {
    return ReplacedFile.#open > MANY;
  }

  /**
   * What was written into it since it was replaced, or since it was asked last. Tags and digests are compared, not
   * bytes: a writer spells the descriptors that it has read anew.
   */
  async lateWrites(): Promise<{ readonly bytes: Buffer; readonly descriptors: readonly Descriptor[] }> {
    const before = this.#last;
    if (await isUnchangedFile(this.#file, before)) return { bytes: before.index.bytes, descriptors: [] };
    this.#last = await readWhole(this.#file, this.#directory);
    const known = new Set(before.index.descriptors.map(identity));
    const { bytes, descriptors } = this.#last.index;
    return { bytes, descriptors: descriptors.filter((descriptor) => !known.has(identity(descriptor))) };
  }

  close(): Promise<void> {
    ReplacedFile.#open -= 1;
    return this.#file.close();
  }
}

/** A digest has no space (OCI image-spec, descriptor.md), and JSON.stringify would take thrice as long. */
function identity({ refName, digest }: Descriptor): string {
  return refName === undefined ? digest : `${digest} ${refName}`;
}
