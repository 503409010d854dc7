// Layouts on disk that skopeo and umoci write, and their content.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { run } from './programs.ts';

interface IndexDescriptor {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The tags in a layout's index.json with their digests, in order. A tag that occurs twice is listed twice. */
export async function tagsIn(layout: string): Promise<[tag: string, digest: string][]> {
  const { manifests } = JSON.parse(await readFile(`${layout}/index.json`, 'utf8')) as { manifests: IndexDescriptor[] };
  return manifests.map(({ digest, annotations }) => [annotations?.['org.opencontainers.image.ref.name'] ?? '', digest]);
}

/** The tags in a layout's index.json, in order. */
export async function tagNamesIn(layout: string): Promise<string[]> {
  return (await tagsIn(layout)).map(([tag]) => tag);
}

/** Makes an empty image with umoci. */
export async function umociImage(layout: string, tag: string): Promise<void> {
  await mkdir(dirname(layout), { recursive: true });
  if ((await readFile(`${layout}/oci-layout`).catch(() => undefined)) === undefined)
    await run('umoci', 'init', '--layout', layout);
  await run('umoci', 'new', '--image', `${layout}:${tag}`);
}

/** Copies an image between layouts with skopeo, as a push does. */
export async function skopeoCopy(from: string, to: string): Promise<void> {
  await run('skopeo', 'copy', '--quiet', '--insecure-policy', `oci:${from}`, `oci:${to}`);
}

/** Whether skopeo can read the image. */
export async function skopeoSees(layout: string, tag: string): Promise<boolean> {
  return run('skopeo', 'inspect', `oci:${layout}:${tag}`).then(
    () => true,
    () => false,
  );
}
