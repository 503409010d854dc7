import { createRequire } from 'node:module';

/** What package.json says. It is found through the package's own name, from the sources as from the build. */
export const { version, description }: { readonly version: string; readonly description: string } = createRequire(
  import.meta.url,
)('swr-tag-delete/package.json');
