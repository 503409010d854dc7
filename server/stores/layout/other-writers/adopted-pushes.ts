// A push that was adopted from a replaced index was in no index for some milliseconds. A copy that began in between has
// not seen it and writes the index without it. Such a push is put back. Later copies have seen it.
import { type Descriptor, type ImageIndex, textsOf } from '../index/image-index.ts';

/** Max duration of a copy that began before a push was adopted, in milliseconds. Longer copies can drop the push. */
const REMEMBER_MS = 60_000;

/** The pushes that were adopted in the last minute in one repository. */
export class AdoptedPushes {
  readonly #pushes = new Map<string, { readonly piece: Buffer; readonly adoptedAt: number }>();

  /** @param index that the descriptors are in @param now milliseconds since 1970 */
  remember(index: ImageIndex, pushed: readonly Descriptor[], now: number): void {
    for (const [descriptor, text] of textsOf(index, pushed)) {
      // Copied: a piece of the text would keep all of it.
      if (descriptor.refName !== undefined)
        this.#pushes.set(descriptor.refName, { piece: Buffer.from(text), adoptedAt: now });
    }
  }

  forget(deleted: Iterable<Descriptor>): void {
    for (const { refName } of deleted) if (refName !== undefined) this.#pushes.delete(refName);
  }

  /** @param now milliseconds since 1970 */
  expire(now: number): void {
    for (const [tag, { adoptedAt }] of this.#pushes) if (now - adoptedAt >= REMEMBER_MS) this.#pushes.delete(tag);
  }

  /** Returns the descriptors of adopted tags that the index lacks. @param index written in place by a copy */
  missingIn({ descriptors }: ImageIndex): readonly Buffer[] {
    if (this.#pushes.size === 0) return [];
    const present = new Set(descriptors.map(({ refName }) => refName));
    return [...this.#pushes].filter(([tag]) => !present.has(tag)).map(([, { piece }]) => piece);
  }
}
