import type { ImageIndex } from './image-index.ts';

/** Max spellings listed for one tag. */
const MAX_SPELLINGS = 10;

/**
 * Finds what an operator may have meant: names of which the tag is a part, as `podman save --format oci-dir` writes them
 * (`docker.io/library/busybox:v1`; moby/buildkit#4615, project-zot/zot#2860), and names in other case.
 * @param tags that the index does not have
 */
export function otherSpellings({ descriptors }: ImageIndex, tags: Iterable<string>): Map<string, string[]> {
  const spellings = new Map([...tags].map((tag) => [tag.toLowerCase(), { tag, names: [] as string[] }]));
  for (const { refName } of spellings.size === 0 ? [] : descriptors) {
    if (refName === undefined) continue;
    const found = spellings.get(refName.slice(refName.lastIndexOf(':') + 1).toLowerCase());
    if (found !== undefined && found.names.length < MAX_SPELLINGS) found.names.push(refName);
  }
  return new Map([...spellings.values()].filter(({ names }) => names.length > 0).map(({ tag, names }) => [tag, names]));
}
