// Layouts written by hand: many tags at once, or something that no program would write.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { createLog } from '../../../../server/operator/log.ts';
import type { ImageTag, StoreErrorKind } from '../../../../server/store.ts';
import { StoreError } from '../../../../server/store.ts';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';

/** The repository of the tests' layouts: `<dataDir>/group/app`. */
export const APP = { namespace: 'group', repository: 'app' } as const;

/** A tag of the repository `group/app`. */
export function appTag(tag: string): ImageTag {
  return { ...APP, tag };
}

/** Writes an image manifest as a blob. @returns its descriptor with the tag's name */
export async function writeManifest(layout: string, tag: string, content: object = { of: tag }): Promise<object> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...content }));
  return { ...(await writeBlob(layout, MANIFEST, bytes)), annotations: { 'org.opencontainers.image.ref.name': tag } };
}

export async function writeBlob(
  layout: string,
  mediaType: string,
  bytes: Buffer,
): Promise<{ mediaType: string; digest: string; size: number }> {
  const hex = createHash('sha256').update(bytes).digest('hex');
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
  await writeFile(join(layout, 'blobs', 'sha256', hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

/** A layout with these tags, each with a manifest of its own. */
export async function writeLayout(layout: string, tags: readonly string[]): Promise<void> {
  await mkdir(layout, { recursive: true });
  const manifests = await Promise.all(tags.map((tag) => writeManifest(layout, tag)));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

export interface Index {
  readonly manifests: object[];
}

export async function readIndex(layout: string): Promise<Index> {
  return JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index;
}

/** An index with one more descriptor, formatted as skopeo does: compact, whatever it has read. */
export function withDescriptor(index: Index, descriptor: object): string {
  return JSON.stringify({ ...index, manifests: [...index.manifests, descriptor] });
}

/** `a-0`, `a-1`, … */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, position) => `${prefix}-${position}`);
}

/** Sets the mtime of every blob of a layout back. */
export async function age(layout: string, seconds: number): Promise<void> {
  const then = Date.now() / 1_000 - seconds;
  const blobs = join(layout, 'blobs', 'sha256');
  for (const name of await readdir(blobs)) await utimes(join(blobs, name), then, then);
}

export const silent: Logger = pino({ level: 'silent' });

/** A log that a test can read. */
export function recordedLog(): { log: Logger; lines: { msg: string; [field: string]: unknown }[] } {
  const lines: { msg: string }[] = [];
  return { log: createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) }), lines };
}

/** The kind of failure of a delete, or `deleted`. */
export function outcome(deleting: Promise<unknown>): Promise<StoreErrorKind | 'deleted'> {
  return deleting.then(
    () => 'deleted' as const,
    (error: unknown) => {
      if (error instanceof StoreError) return error.kind;
      throw error;
    },
  );
}

/** Every file below a directory with its content. */
export async function contents(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await readdir(directory, { recursive: true })) {
    const full = join(directory, path);
    if ((await stat(full)).isFile()) found.set(path, await readFile(full, 'base64'));
  }
  return found;
}
