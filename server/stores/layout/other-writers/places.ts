// Where a tag is in an index tells a program that has tagged an image again from one that writes an old index back. A
// program that tags reads the index without the tag and puts it behind the others (umoci); in an old index it is where it
// was.
import type { Descriptor, ImageIndex } from '../index/image-index.ts';

/** How many descriptors behind a deleted one are remembered. One could do; but programs move and remove some. */
const FOLLOWERS = 8;

/** Returns for each of some descriptors the names of those behind it that stay. @param removed in the order of the index */
export function followersOf({ descriptors }: ImageIndex, removed: readonly Descriptor[]): Map<Descriptor, string[]> {
  const followers = new Map<Descriptor, string[]>();
  let behind: string[] = [];
  let next = descriptors.length;
  // From the last to the first: what is behind the next one that goes is behind this one too.
  for (const descriptor of removed.toReversed()) {
    const place = descriptors.lastIndexOf(descriptor, next - 1);
    const between = descriptors.slice(place + 1, Math.min(next, place + 1 + FOLLOWERS));
    behind = [...between.map(nameOf), ...behind].slice(0, FOLLOWERS);
    followers.set(descriptor, behind);
    next = place;
  }
  return followers;
}

/** The places of the descriptors in an index that another program has written. */
export class Places {
  readonly #places: ReadonlyMap<string, number>;
  readonly #count: number;

  constructor(descriptors: readonly Descriptor[]) {
    this.#places = new Map(descriptors.map((descriptor, place) => [nameOf(descriptor), place]));
    this.#count = descriptors.length;
  }

  /**
   * Whether a tag that was deleted was put behind the others.
   * @param followers what was behind it when it was deleted
   * @param wasReplaced whether its program has put another file in place, and so read the index just before
   */
  isAppended(descriptor: Descriptor, followers: readonly string[], wasReplaced: boolean): boolean {
    const place = this.#places.get(nameOf(descriptor)) ?? 0;
    const present = followers.map((name) => this.#places.get(name)).filter((one) => one !== undefined);
    if (present.length > 0) return present.every((one) => one < place);
    // It was the last one: an old index that is written back has it there too.
    return wasReplaced && place === this.#count - 1;
  }
}

function nameOf({ refName, digest }: Descriptor): string {
  return refName ?? digest;
}
