import type { operations as ContractOperations } from '../generated/api.ts';
import { errors, operations, sentAs } from '../generated/contract.ts';
import { TagDeleteError } from './errors.ts';

/** A tag of an image. */
export interface ImageTag {
  /** The organization's name. */
  readonly namespace: string;
  /** The repository's name, with its slashes. */
  readonly repository: string;
  readonly tag: string;
}

/** Characters shown of an invalid name; no valid name is longer. */
const QUOTED_LENGTH = 128;

type PathParameters = ContractOperations['deleteRepoTag']['parameters']['path'];

/**
 * The names as they are sent: `/` in a repository as `$`.
 * @throws TagDeleteError if a name is invalid by the contract: such a name could reach another operation
 */
export function pathParameters(image: ImageTag): PathParameters {
  // Callers without types get the same error for a missing name.
  const { namespace, repository, tag } = image ?? {};
  const { character, sentAs: sent } = sentAs.repository;
  return {
    namespace: legal('namespace', namespace),
    repository: legal(
      'repository',
      typeof repository === 'string' ? repository.replaceAll(character, sent) : repository,
    ),
    tag: legal('tag', tag),
  };
}

const { parameters } = operations.deleteRepoTag;
const patterns = {
  namespace: new RegExp(parameters.namespace.pattern, 'u'),
  repository: new RegExp(parameters.repository.pattern, 'u'),
  tag: new RegExp(parameters.tag.pattern, 'u'),
} satisfies Record<keyof PathParameters, RegExp>;

function legal(name: keyof PathParameters, value: string): string {
  const { minLength, maxLength } = parameters[name];
  if (typeof value === 'string' && value.length >= minLength && value.length <= maxLength && patterns[name].test(value))
    return value;
  const { code, message } = errors[`invalid-${name}`];
  throw new TagDeleteError(`${name} ${JSON.stringify(String(value).slice(0, QUOTED_LENGTH))}: ${message}`, { code });
}
