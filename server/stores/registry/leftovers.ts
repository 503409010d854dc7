// What deletes through dummies leave behind on tags, and how tags get their images back.
import type { Logger } from 'pino';
import { NO_DIGEST, sha256 } from './digest.ts';
import type { Distribution, Lookup } from './distribution.ts';
import { replacedBy } from './dummy.ts';
import { asStoreError, RegistryFailure } from './failure.ts';
import type { TagDigests } from './tag-digests.ts';

/** Of a longer list every tag is looked at on its own. */
const MAX_PAGES = 100;

/** Tags that are not wholly deleted, with the digests that they had. What somebody has pushed meanwhile is his. */
export interface Leftovers {
  readonly tags: TagDigests;
  /** The digests of the dummies that some of them hold. */
  readonly dummies: ReadonlySet<string>;
  /** Those that lead nowhere. */
  readonly astray: TagDigests;
  /** Whether tags were looked at that have an image. */
  readonly hasImages: boolean;
}

/**
 * Looks for leftovers among tags.
 * @param tags and the digests that they had, as far as is known: a dummy knows better
 * @param isListTrusted whether a tag that the registry does not list need not be looked at
 * @throws RegistryFailure
 */
export async function findLeftovers(
  distribution: Distribution,
  repository: string,
  tags: TagDigests,
  isListTrusted: boolean,
): Promise<Leftovers> {
  const listed = await listedTags(distribution, repository);
  const left = new Map<string, string>();
  const astray = new Map<string, string>();
  const dummies = new Set<string>();
  let hasImages = false;
  const look = async ([tag, digest]: [string, string]): Promise<void> => {
    if (isListTrusted && listed !== undefined && !listed.has(tag)) return;
    const found = await distribution.lookUp(repository, tag);
    // docker-registry keeps the empty directory of a tag that is written while it is removed.
    if (found.kind === 'absent' && !listed?.has(tag)) return;
    if (found.kind === 'image' && replacedBy(found.manifest) === undefined) {
      hasImages = true;
      return;
    }
    left.set(tag, found.kind === 'image' ? digestOf(found, tag) : digest);
    if (found.kind === 'image') dummies.add(found.manifest.digest);
    else astray.set(tag, digest);
  };
  await Promise.all([...tags].map(look));
  return { tags: left, dummies, astray, hasImages };
}

/** The digest of an image, of a dummy the one that it replaced. */
export function digestOf(found: Exclude<Lookup, { kind: 'absent' }>, tag: string): string {
  if (found.kind === 'dangling') return found.digest;
  return replacedBy(found.manifest)?.get(tag) ?? found.manifest.digest;
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
      const found = await distribution.lookUp(repository, tag);
      if (found.kind === 'absent' || (found.kind === 'image' && replacedBy(found.manifest) === undefined)) return;
      const own = found.kind === 'image' ? digestOf(found, tag) : digest;
      if (own === NO_DIGEST) return;
      await putImageBack(distribution, repository, tag, own);
      log.warn({ repository, tag, digest: own }, 'not deleted: the tag has its image again');
    } catch (err) {
      log.error({ repository, tag, digest, err }, 'not deleted, and the tag could not be given its image again');
    }
  };
  await Promise.all([...tags].map(putBackOne));
}

async function putImageBack(
  distribution: Distribution,
  repository: string,
  tag: string,
  digest: string,
): Promise<void> {
  const image = await distribution.lookUp(repository, digest);
  if (image.kind !== 'image') throw new RegistryFailure('unavailable', `${repository}: ${digest} is gone`);
  const isIt =
    image.manifest.digest === digest && (!digest.startsWith('sha256:') || sha256(image.manifest.bytes) === digest);
  if (!isIt) throw new RegistryFailure('not-understood', `${repository}: ${digest} is another manifest`);
  await distribution.putManifest(repository, tag, image.manifest);
}

/** undefined where the registry does not say it: then every tag has to be looked at. */
async function listedTags(distribution: Distribution, repository: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const { hasRepository, tags } = await distribution.listTags(repository, MAX_PAGES);
    return hasRepository ? tags : undefined;
  } catch (error) {
    asStoreError(error);
    return undefined;
  }
}
