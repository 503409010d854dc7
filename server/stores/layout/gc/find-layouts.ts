// Every repository below DATA_DIR, by the same rules as the server's.
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { LAYOUT_FILE } from '../files/layout-check.ts';
import { namespaceDirectory, repositoryDirectory } from '../find-repository.ts';

/** A layout. */
export interface Found {
  /** `<namespace>/<repository>` */
  readonly repository: string;
  readonly directory: string;
}

/** A directory that was left alone, and why. */
export interface Skipped {
  readonly repository: string;
  readonly reason: string;
}

/** A symbolic link to a directory that is visited under its own name. */
export interface Alias {
  readonly repository: string;
  readonly aliasOf: string;
}

/**
 * Visits every directory, nested ones too: `team`, `team/app` and even `team/blobs` may all be repositories. What cannot
 * be read costs nothing but itself.
 * @param root the real DATA_DIR @throws errors of the file system if that cannot be read
 */
export async function* findLayouts(root: string): AsyncGenerator<Found | Skipped | Alias> {
  const entries = await readdir(root, { withFileTypes: true });
  if (entries.some(({ name }) => name === LAYOUT_FILE)) yield { repository: '.', directory: root };
  for (const entry of entries) {
    if (isUndecodable(entry.name)) yield { repository: entry.name, reason: UNDECODABLE };
    else if (entry.isDirectory()) yield* layoutsBelow(join(root, entry.name), entry.name, join(root, entry.name));
    else if (entry.isSymbolicLink() && (await isDirectory(join(root, entry.name))))
      yield* linkedNamespace(root, entry.name);
  }
}

async function* linkedNamespace(root: string, name: string): AsyncGenerator<Found | Skipped | Alias> {
  try {
    const directory = await namespaceDirectory(root, name);
    yield* layoutsBelow(directory, name, directory);
  } catch (error) {
    yield { repository: name, reason: (error as Error).message };
  }
}

/** @param name `<namespace>/…` @param namespaceRoot the real directory of the namespace */
async function* layoutsBelow(
  directory: string,
  name: string,
  namespaceRoot: string,
): AsyncGenerator<Found | Skipped | Alias> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => error);
  if (entries instanceof Error) {
    // Removed meanwhile: nothing is lost.
    if (entries.code !== 'ENOENT') yield { repository: name, reason: entries.message };
    return;
  }
  const isLayout = entries.some((entry) => entry.name === LAYOUT_FILE);
  if (isLayout) yield { repository: name, directory };
  for (const entry of entries) {
    const [path, repository] = [join(directory, entry.name), `${name}/${entry.name}`];
    if (isUndecodable(entry.name)) yield { repository, reason: UNDECODABLE };
    else if (entry.isDirectory()) yield* layoutsBelow(path, repository, namespaceRoot);
    // A link to the blobs of a layout is that layout's matter.
    else if (entry.isSymbolicLink() && !(isLayout && entry.name === 'blobs') && (await isDirectory(path)))
      yield await linked(path, repository, namespaceRoot);
  }
}

async function linked(path: string, repository: string, namespaceRoot: string): Promise<Skipped | Alias> {
  try {
    const directory = await repositoryDirectory(namespaceRoot, relative(namespaceRoot, path));
    const [namespace] = repository.split('/');
    return { repository, aliasOf: join(namespace as string, relative(namespaceRoot, directory)) };
  } catch (error) {
    return { repository, reason: (error as Error).message };
  }
}

const UNDECODABLE = 'its name is not valid UTF-8';

/** Node decodes each byte that is not UTF-8 to U+FFFD, and so no file is found by such a name. */
function isUndecodable(name: string): boolean {
  return name.includes('\ufffd');
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
