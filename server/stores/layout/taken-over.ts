// A push that was taken over from a replaced index was in no index for some milliseconds. A copy that began in between
// has not seen it and writes the index without it, so it is put back. Any later copy has seen it.
import type { Descriptor, ImageIndex } from './index-file.ts';

/** How long a copy may take that began before the push was taken over. */
const REMEMBER_MS = 60_000;

/** The pushes that were taken over in the last minute in one repository. */
export class TakenOver {
  readonly #pushes = new Map<string, { readonly piece: Buffer; readonly takenOverAt: number }>();

  /** @param bytes what the descriptors stand in @param now milliseconds since 1970 */
  remember({ bytes, descriptors }: Pick<ImageIndex, 'bytes' | 'descriptors'>, now: number): void {
    for (const { refName, start, end } of descriptors) {
      if (refName !== undefined)
        this.#pushes.set(refName, { piece: Buffer.from(bytes.subarray(start, end)), takenOverAt: now });
    }
  }

  forget(deleted: Iterable<Descriptor>): void {
    for (const { refName } of deleted) if (refName !== undefined) this.#pushes.delete(refName);
  }

  /** @param now milliseconds since 1970 */
  expire(now: number): void {
    for (const [tag, { takenOverAt }] of this.#pushes) if (now - takenOverAt >= REMEMBER_MS) this.#pushes.delete(tag);
  }

  /** The descriptors whose tags an index lacks that a copy has written in place. */
  missingIn({ descriptors }: ImageIndex): readonly Buffer[] {
    if (this.#pushes.size === 0) return [];
    const present = new Set(descriptors.map(({ refName }) => refName));
    return [...this.#pushes].filter(([tag]) => !present.has(tag)).map(([, { piece }]) => piece);
  }
}
