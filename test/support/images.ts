// Small real images, made by umoci and copied by skopeo, and their bytes as a pull gets them.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { umociImage } from './layouts.ts';
import { run, temporaryDirectory } from './programs.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** The images that `makeImages` makes: three with a layer and a digest of their own each, and an index of two. */
export const IMAGES = ['first', 'second', 'third', 'multi'] as const;
export type ImageName = (typeof IMAGES)[number];

/** Makes a layout with the IMAGES as its tags. */
export async function makeImages(layout: string): Promise<void> {
  for (const name of ['first', 'second', 'third']) {
    await umociImage(layout, name);
    await writeFile(`${layout}-${name}`, `This is ${name}.\n`);
    await run('umoci', 'insert', '--rootless', '--image', `${layout}:${name}`, `${layout}-${name}`, '/text');
  }
  const path = `${layout}/index.json`;
  const { manifests } = JSON.parse(await readFile(path, 'utf8')) as { manifests: { annotations?: object }[] };
  const children = manifests.slice(0, 2).map(({ annotations, ...descriptor }, position) => ({
    ...descriptor,
    platform: { os: 'linux', architecture: position === 0 ? 'amd64' : 'arm64' },
  }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: children }));
  const hex = createHash('sha256').update(bytes).digest('hex');
  await writeFile(`${layout}/blobs/sha256/${hex}`, bytes);
  const multi = {
    mediaType: INDEX,
    digest: `sha256:${hex}`,
    size: bytes.length,
    annotations: { 'org.opencontainers.image.ref.name': 'multi' },
  };
  await writeFile(path, JSON.stringify({ schemaVersion: 2, manifests: [...manifests, multi] }));
}

/** Copies an image with everything that belongs to it. @param from a reference of skopeo @param options of `skopeo copy` */
export async function copyImage(from: string, to: string, ...options: string[]): Promise<void> {
  await run('skopeo', 'copy', '--quiet', '--insecure-policy', '--all', '--preserve-digests', ...options, from, to);
}

/** Every file of an image as a pull gets it: manifests, configs, layers. @throws if it cannot be pulled */
export async function pullImage(reference: string, ...options: string[]): Promise<ReadonlyMap<string, string>> {
  const directory = await temporaryDirectory();
  try {
    await copyImage(reference, `dir:${directory.path}/pulled`, ...options);
    const names = await readdir(`${directory.path}/pulled`);
    const read = async (name: string) =>
      [name, await readFile(join(directory.path, 'pulled', name), 'base64')] as const;
    return new Map(await Promise.all(names.sort().map(read)));
  } finally {
    await directory.remove();
  }
}
