import { authToken, operations } from '../../generated/contract.ts';
import { examplePath, fillPath, sentRepository } from '../../openapi/names.ts';

const { method, path, parameters } = operations.deleteRepoTag;

/** The names of an image, with the slashes of its repository. */
type Names = Readonly<Record<keyof typeof parameters, string>>;

/**
 * A curl command that a person can paste.
 * @param url where the server listens
 * @param image what it deletes, by default the contract's example
 */
export function exampleCurl(url: string, token: string, image?: Names): string {
  const target =
    image === undefined
      ? examplePath('deleteRepoTag')
      : fillPath(path, { ...image, repository: sentRepository(image.repository) });
  return `curl -i -X ${method} -H '${authToken.header}: ${token}' '${url}${target}'`;
}
