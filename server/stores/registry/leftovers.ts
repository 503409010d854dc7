// What a delete through a dummy may leave behind on a tag, and how the tag gets its image back.
import type { Logger } from 'pino';
import type { Distribution, Lookup } from './distribution.ts';
import { NO_DIGEST, replacedBy, type TagDigests } from './dummy.ts';
import { RegistryFailure } from './failure.ts';

/** Tags that are not wholly deleted. */
export interface Leftovers {
  /** They hold a dummy, lead nowhere, or are listed and lead nowhere. What somebody has pushed meanwhile is his. */
  readonly tags: TagDigests;
  /** What the tags name that were looked at. */
  readonly digests: ReadonlySet<string>;
}

/**
 * Looks for leftovers among tags.
 * @param isListTrusted whether a tag that the registry does not list need not be looked at
 * @throws RegistryFailure
 */
export async function findLeftovers(
  distribution: Distribution,
  repository: string,
  tags: TagDigests,
  isListTrusted: boolean,
): Promise<Leftovers> {
  const { tags: listed } = await distribution.listTags(repository);
  const unfinished = new Map<string, string>();
  const digests = new Set<string>();
  const look = async ([tag, digest]: [string, string]): Promise<void> => {
    if (isListTrusted && listed !== undefined && !listed.has(tag)) return;
    const found = await distribution.lookUp(repository, tag);
    if (found.kind === 'image') digests.add(found.manifest.digest);
    // docker-registry keeps the empty directory of a tag that is written while it is removed.
    if (isLeftover(found) || (found.kind === 'absent' && listed?.has(tag))) unfinished.set(tag, digest);
  };
  await Promise.all([...tags].map(look));
  return { tags: unfinished, digests };
}

/**
 * Lets tags name again what they named before the dummy; what cannot be put back is told in the log.
 * @param tags the digests that they had
 */
export async function putBack(
  distribution: Distribution,
  repository: string,
  tags: TagDigests,
  log: Logger,
): Promise<void> {
  const putBackOne = async ([tag, digest]: [string, string]): Promise<void> => {
    try {
      if (digest === NO_DIGEST || !isLeftover(await distribution.lookUp(repository, tag))) return;
      const image = await distribution.lookUp(repository, digest);
      if (image.kind !== 'image') throw new RegistryFailure('unavailable', `${repository}: ${digest} is gone`);
      await distribution.putManifest(repository, tag, image.manifest);
      log.warn({ repository, tag, digest }, 'not deleted: the tag has its image again');
    } catch (err) {
      log.error({ repository, tag, digest, err }, 'not deleted, and the tag could not be given its image again');
    }
  };
  await Promise.all([...tags].map(putBackOne));
}

function isLeftover(found: Lookup): boolean {
  return found.kind === 'dangling' || (found.kind === 'image' && replacedBy(found.manifest) !== undefined);
}
