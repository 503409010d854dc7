// What the tests build is kept outside of the checkout, so that a second run finds it.
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'swr-tag-delete', 'interop');

/** Where `cached` keeps something. @param key its name and exact version, such as `crane@v0.22.1` */
export const cachePath = (key: string) => join(CACHE, key.replaceAll('/', '_'));

/**
 * Builds something once per version.
 * @param key its name and everything that decides what comes out
 * @param build fills an empty directory
 * @returns the directory, filled. A build that fails leaves nothing
 */
export async function cached(key: string, build: (directory: string) => Promise<unknown>): Promise<string> {
  const path = cachePath(key);
  if (await exists(path)) return path;
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(join(CACHE, '.unfinished-'));
  try {
    await build(unfinished);
    // Another run may have been faster.
    await rename(unfinished, path).catch(async (error: unknown) => {
      if (!(await exists(path))) throw error;
    });
    return path;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
