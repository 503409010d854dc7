// Gives tags their images back if a registry does not finish their delete.
import type { Logger } from 'pino';
import type { Manifest } from '../api/answers.ts';
import { concurrently } from '../api/concurrently.ts';
import { NO_DIGEST, type TagDigests } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { notUnderstood, RegistryFailure } from '../api/failure.ts';

/**
 * Points tags to the images that they had before their placeholder. The log names each tag for which that fails.
 * @param tags the tags and the digests that they had
 * @param ours the placeholders that may be replaced: any other manifest is another server's placeholder, or a push
 */
export async function restoreImages(
  distribution: Distribution,
  repository: string,
  tags: TagDigests,
  ours: ReadonlySet<string>,
  log: Logger,
): Promise<void> {
  const images = new Map<string, Promise<Manifest>>();
  const imageOf = (digest: string): Promise<Manifest> => {
    const image = images.get(digest) ?? fetchImage(distribution, repository, digest);
    images.set(digest, image);
    return image;
  };
  await concurrently(tags, async ([tag, digest]) => {
    if (digest === NO_DIGEST) return;
    try {
      const image = await imageOf(digest);
      // Looked up last: only a push or delete within this one round trip can be overwritten.
      const found = await distribution.lookUp(repository, tag);
      if (found.kind === 'absent' || (found.kind === 'image' && !ours.has(found.manifest.digest))) return;
      const { stored } = await distribution.putManifest(repository, tag, image);
      if (stored !== digest) throw notUnderstood(repository, `${tag}: stored as ${stored} instead of ${digest}`);
      log.warn({ repository, tag, digest }, 'not deleted: the tag has its image again');
    } catch (err) {
      log.error({ repository, tag, digest, err }, 'not deleted, and the tag could not be given its image again');
    }
  });
}

async function fetchImage(distribution: Distribution, repository: string, digest: string): Promise<Manifest> {
  const image = await distribution.lookUp(repository, digest);
  if (image.kind !== 'image') throw new RegistryFailure('unavailable', `${repository}: ${digest} is gone`);
  if (image.manifest.digest !== digest) throw notUnderstood(repository, `${digest} is another manifest`);
  return image.manifest;
}
