import { createRequire } from 'node:module';

/** The version of this package. It is found through the package's own name, from the sources as from the build. */
export const version: string = createRequire(import.meta.url)('swr-tag-delete/package.json').version;
