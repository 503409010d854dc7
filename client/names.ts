import { errors } from '../generated/contract.ts';
import { illegalParameters, type PathParameters, sentRepository } from '../openapi/names.ts';
import { TagDeleteError } from './errors.ts';

/** A tag of an image. */
export interface ImageTag {
  /** The organization's name. */
  readonly namespace: string;
  /** The repository's name, with `/` where it has one. */
  readonly repository: string;
  readonly tag: string;
}

/** A name in a message is cut here, in characters: no legal one is longer. */
const QUOTED_LENGTH = 128;

/**
 * The names as they travel: `/` in a repository as `$`.
 * @throws TagDeleteError if the contract does not allow a name: an illegal one could reach another operation
 */
export function pathParameters(image: ImageTag): PathParameters<'deleteRepoTag'> {
  // Callers without types are told of their mistake in the same way.
  const { namespace, repository, tag } = image ?? {};
  const sent = {
    namespace,
    repository: typeof repository === 'string' ? sentRepository(repository) : repository,
    tag,
  };
  const [illegal] = illegalParameters('deleteRepoTag', sent);
  if (illegal === undefined) return sent;
  const { code, message } = errors[`invalid-${illegal}`];
  const quoted = JSON.stringify(String(sent[illegal]).slice(0, QUOTED_LENGTH));
  throw new TagDeleteError(`${illegal} ${quoted}: ${message}`, { code });
}
