// Gives tags their images back where a registry does not finish their delete.
import type { Logger } from 'pino';
import type { Manifest } from '../api/answers.ts';
import { sideBySide } from '../api/concurrently.ts';
import { NO_DIGEST, sha256 } from '../api/digest.ts';
import type { Distribution } from '../api/distribution.ts';
import { notUnderstood, RegistryFailure } from '../api/failure.ts';
import type { TagDigests } from '../api/tag-digests.ts';

/**
 * Lets tags name again what they named before the dummy; what cannot be put back is told in the log.
 * @param tags the digests that they had
 * @param ours the dummies that may be taken off them: what else a tag holds is another server's, or a push
 */
export async function putBack(
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
  await sideBySide(tags, async ([tag, digest]) => {
    if (digest === NO_DIGEST) return;
    try {
      const image = await imageOf(digest);
      // Directly before: nothing but this round trip is left for somebody else's push, or delete.
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
  const isIt =
    image.manifest.digest === digest && (!digest.startsWith('sha256:') || sha256(image.manifest.bytes) === digest);
  if (!isIt) throw notUnderstood(repository, `${digest} is another manifest`);
  return image.manifest;
}
