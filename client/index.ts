// The package's public surface.
export { TagDeleteError } from './errors.ts';
export type { ImageTag } from './names.ts';
export { createTagClient, type TagClient, type TagClientOptions } from './tag-client.ts';
