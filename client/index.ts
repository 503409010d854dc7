// The package's public surface.
export type { Credentials } from './authentication.ts';
export { TagDeleteError } from './errors/errors.ts';
export type { ImageTag } from './names.ts';
export { createTagClient, type Deleted, type TagClient, type TagClientOptions } from './tag-client.ts';
export { createPooledFetch } from './transport/pooled-fetch.ts';
export type { RetryOptions } from './transport/retry-options.ts';
