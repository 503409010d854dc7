// Built checkouts of the project, and programs of the packages that it installs.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The project's folder. The same from the sources and from the build. */
export const projectRoot = dirname(require.resolve('swr-tag-delete/package.json'));

/** A checkout with its dist/. */
export interface Build {
  /** The contender's name in tables. */
  readonly name: string;
  readonly root: string;
}

/** This checkout. */
export const OURS = 'ours';
/** The checkout that `--against` names. */
export const OTHER = 'other';

/** A program of this checkout's build. @param path of its source, with .js */
export function built(path: string): string {
  return builtIn({ root: projectRoot }, path);
}

/** A program of a build. @param path of its source, with .js */
export function builtIn({ root }: Pick<Build, 'root'>, path: string): string {
  return join(root, 'dist/modules', path);
}

/** The package's command in a build. */
export function commandIn({ root }: Pick<Build, 'root'>): string {
  return join(root, 'dist/swr-tag-delete.js');
}

/** The module that programs import. */
export function clientIn({ root }: Pick<Build, 'root'>): string {
  return join(root, 'dist/client/index.js');
}

/** The program file of an installed package. @throws if it is not installed */
export function programOf(name: string): string {
  return require.resolve(name);
}
