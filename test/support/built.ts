// What the build has made: the command as its users start it, and single modules for a process of their own.
import { fileURLToPath } from 'node:url';

/** The file of the command. */
export const COMMAND = fileURLToPath(new URL('../../dist/swr-tag-delete.js', import.meta.url));

/** The module that programs import as `swr-tag-delete`. */
export const CLIENT = new URL('../../dist/client/index.js', import.meta.url).href;

/** The URL of a built module. @param source such as `server/store.ts` */
export function builtModule(source: string): string {
  return new URL(`../../dist/modules/${source.replace(/\.ts$/, '.js')}`, import.meta.url).href;
}
