import { TagDeleteError } from '../errors.ts';
import { type ImageTag, pathParameters } from '../names.ts';

/** The text is not a reference; the message says why. */
export class InvalidReference extends Error {
  override readonly name = 'InvalidReference';
}

/**
 * Reads `namespace/repository:tag`; the repository may contain more slashes.
 * @throws InvalidReference
 */
export function parseReference(text: string): ImageTag {
  const { namespace, repository, tag } =
    /^(?<namespace>[^/]+)\/(?<repository>.+):(?<tag>[^:/]*)$/.exec(text)?.groups ?? {};
  if (namespace === undefined || repository === undefined || tag === undefined) {
    throw new InvalidReference('must read namespace/repository:tag');
  }
  const image = { namespace, repository, tag };
  try {
    pathParameters(image);
  } catch (error) {
    if (error instanceof TagDeleteError) throw new InvalidReference(error.message, { cause: error });
    throw error;
  }
  return image;
}

/** @returns `namespace/repository:tag` */
export function formatReference({ namespace, repository, tag }: ImageTag): string {
  return `${namespace}/${repository}:${tag}`;
}
