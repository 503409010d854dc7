// What a repository is, for the server and for gc: a directory below its namespace, even if the path has links.
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { StoreError } from '../../store.ts';

/** A symbolic link leads outside of what the name may reach. */
export class LinkRefused extends StoreError {}

/**
 * Finds the real directory of a namespace. It may be a symbolic link to another disk, but not to another place in
 * DATA_DIR: a caller that may delete in one namespace could then delete in the other.
 * @param root the real DATA_DIR
 * @throws LinkRefused `organization-not-found` for such a link; errors of the file system
 */
export async function namespaceDirectory(root: string, namespace: string): Promise<string> {
  const path = join(root, namespace);
  const directory = await realpath(path);
  if (directory === path) return directory;
  if (!isBelow(directory, root) && !isBelow(root, directory) && directory !== root) return directory;
  throw new LinkRefused('organization-not-found', `${path} is a symbolic link to another place in the data directory`);
}

/**
 * Finds the real directory of a repository. A symbolic link in it is followed as long as it stays in the namespace.
 * @param namespaceRoot the real directory of the namespace
 * @throws LinkRefused `repository-not-found` for a link that leaves it; errors of the file system
 */
export async function repositoryDirectory(namespaceRoot: string, repository: string): Promise<string> {
  const path = join(namespaceRoot, ...repository.split('/'));
  const directory = await realpath(path);
  if (isBelow(directory, namespaceRoot)) return directory;
  throw new LinkRefused('repository-not-found', `${path} is a symbolic link that leaves its namespace`);
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`);
}
