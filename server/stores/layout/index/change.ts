// A change of an index, as descriptors that go and descriptors that come.
import { type Descriptor, type ImageIndex, parseIndex } from './image-index.ts';
import { withAdded, without } from './splice-index.ts';

export interface Change {
  /** Descriptors of deleted tags. */
  readonly deleted: readonly Descriptor[];
  /** Descriptors that make room for a newer one of the same tag. */
  readonly superseded: readonly Descriptor[];
  /** New descriptors, as JSON text. */
  readonly added: readonly Buffer[];
}

/** Returns the changed index; the same object if there is nothing to change. */
export async function applyChange(index: ImageIndex, { deleted, superseded, added }: Change): Promise<ImageIndex> {
  const kept = without(index, new Set([...deleted, ...superseded]));
  return added.length === 0 ? kept : parseIndex(withAdded(kept, added));
}

/** Returns the descriptors of some tags. */
export function descriptorsOf({ descriptors }: ImageIndex, tags: ReadonlySet<string>): readonly Descriptor[] {
  return descriptors.filter(({ refName }) => refName !== undefined && tags.has(refName));
}

/** Returns the tags of descriptors that have one. */
export function tagsOf(descriptors: readonly Descriptor[]): ReadonlySet<string> {
  return new Set(descriptors.map(({ refName }) => refName).filter((name) => name !== undefined));
}

/** Returns the distinct digests of each tag. */
export function digestsByTag(descriptors: readonly Descriptor[]): Map<string, string[]> {
  const digests = new Map<string, string[]>();
  for (const { refName, digest } of descriptors) {
    if (refName === undefined) continue;
    const known = digests.get(refName);
    if (known === undefined) digests.set(refName, [digest]);
    else if (!known.includes(digest)) known.push(digest);
  }
  return digests;
}
