import { errors } from '../generated/contract.ts';
import { illegalParameters, type PathParameters, sentRepository } from '../openapi/names.ts';
import { TagDeleteError } from './errors/errors.ts';
import { shortened } from './shortened.ts';

/** A tag of an image. */
export interface ImageTag {
  /** The organization's name. */
  readonly namespace: string;
  /** The repository's name, with its slashes. */
  readonly repository: string;
  readonly tag: string;
}

/** Max characters shown of an invalid name, with its quotes; no valid name is longer. */
const QUOTED_LENGTH = 130;

/**
 * The names as they are sent: `/` in a repository as `$`.
 * @throws TagDeleteError if a name is invalid by the contract: such a name could reach another operation
 */
export function pathParameters(image: ImageTag): PathParameters<'deleteRepoTag'> {
  // Callers without types get the same error for a missing name.
  const { namespace, repository, tag } = image ?? {};
  const sent = {
    namespace,
    repository: typeof repository === 'string' ? sentRepository(repository) : repository,
    tag,
  };
  const [illegal] = illegalParameters('deleteRepoTag', sent);
  if (illegal === undefined) return sent;
  const { code, message } = errors[`invalid-${illegal}`];
  const quoted = shortened(JSON.stringify(String(sent[illegal])), QUOTED_LENGTH);
  throw new TagDeleteError(`${illegal} ${quoted}: ${message}`, { code });
}
