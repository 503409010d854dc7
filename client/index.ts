// The package's public surface.
export type { Credentials } from './authentication.ts';
export { TagDeleteError } from './errors.ts';
export type { ImageTag } from './names.ts';
export { createPooledFetch } from './pooled-fetch.ts';
export type { RetryOptions } from './retry-options.ts';
export { createTagClient, type Deleted, type TagClient, type TagClientOptions } from './tag-client.ts';
