import { TagDeleteError } from '../errors.ts';
import { type ImageTag, pathParameters } from '../names.ts';

/** A reference that cannot be meant; the message says why. */
export class IllegalReference extends Error {
  override readonly name = 'IllegalReference';
}

/**
 * Reads `namespace/repository:tag`; the repository may hold more slashes.
 * @throws IllegalReference
 */
export function parseReference(text: string): ImageTag {
  const { namespace, repository, tag } =
    /^(?<namespace>[^/]+)\/(?<repository>.+):(?<tag>[^:/]*)$/.exec(text)?.groups ?? {};
  if (namespace === undefined || repository === undefined || tag === undefined) {
    throw new IllegalReference('must read namespace/repository:tag');
  }
  const image = { namespace, repository, tag };
  try {
    pathParameters(image);
  } catch (error) {
    if (error instanceof TagDeleteError) throw new IllegalReference(error.message, { cause: error });
    throw error;
  }
  return image;
}

export function formatReference({ namespace, repository, tag }: ImageTag): string {
  return `${namespace}/${repository}:${tag}`;
}
