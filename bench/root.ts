import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The project's folder; the same from the sources and from the build. */
export const projectRoot = dirname(require.resolve('swr-tag-delete/package.json'));

/** A program of the built project. @param path below dist/ */
export function built(path: string): string {
  return join(projectRoot, 'dist', path);
}

/** A program of a package. */
export function programOf(name: string): string {
  return require.resolve(name);
}
