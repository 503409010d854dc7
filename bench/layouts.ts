// Image layouts to delete tags from.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const REF_NAME = 'org.opencontainers.image.ref.name';

/** `v0`, `v1`, … */
export function tagNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `v${at}`);
}

/** Writes a layout whose tags all name the same image: every one of them is a sibling that must survive the others. */
export function writeLayout(directory: string, tags: readonly string[]): void {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  const configDescriptor = writeBlob(directory, 'application/vnd.oci.image.config.v1+json', config);
  const manifest = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: configDescriptor, layers: [] };
  const descriptor = writeBlob(directory, MANIFEST_TYPE, JSON.stringify(manifest));
  const manifests = tags.map((tag) => ({ ...descriptor, annotations: { [REF_NAME]: tag } }));
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

function writeBlob(directory: string, mediaType: string, content: string): object {
  const hex = createHash('sha256').update(content).digest('hex');
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(directory, 'blobs/sha256', hex), content);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(content) };
}

/** The tags that a layout holds. @throws where its index is not valid JSON */
export function tagsIn(directory: string): string[] {
  const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
    manifests: readonly { readonly annotations?: Readonly<Record<string, string>> }[] | null;
  };
  return (manifests ?? []).map(({ annotations }) => annotations?.[REF_NAME] ?? '');
}
