// Small images for a first try: layouts that skopeo, umoci and the server can read. Two of the tags share a digest.
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ImageTag } from '../../store.ts';
import { LAYOUT_FILE, LAYOUT_VERSION } from './files/layout-check.ts';
import { readVersion } from './index/index-version.ts';

/** The tags of each repository, each with the version of its image. */
const samples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'group/busybox': { v1: '1', v2: '2', latest: '2' },
  'group/team/app': { v1: '1' },
};

/** The end-of-archive marker of tar: an archive without files. */
const EMPTY_TAR = Buffer.alloc(1024);
const CREATED = '2026-01-01T00:00:00Z';

/** The sample to delete first: its image has another tag, which stays. */
const FIRST = 'v2';

/** A sample that is still there. @returns undefined if none is */
export async function remainingSample(dataDir: string): Promise<ImageTag | undefined> {
  for (const [name, tags] of Object.entries(samples)) {
    const present = await readVersion(join(dataDir, ...name.split('/')))
      .then(({ index }) => new Set(index.descriptors.map(({ refName }) => refName)))
      .catch(() => new Set());
    const tag = [FIRST, ...Object.keys(tags)].find((one) => present.has(one));
    const [namespace = '', ...repository] = name.split('/');
    if (tag !== undefined) return { namespace, repository: repository.join('/'), tag };
  }
  return undefined;
}

/** Makes a directory of sample images. It appears whole or not at all. @throws if the directory has files already */
export async function makeSamples(dataDir: string): Promise<void> {
  await mkdir(dirname(dataDir), { recursive: true });
  const draft = await mkdtemp(`${dataDir}.draft-`);
  try {
    for (const [repository, tags] of Object.entries(samples))
      await writeLayout(join(draft, ...repository.split('/')), repository, tags);
    await chmod(draft, 0o755);
    await rename(draft, dataDir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function writeLayout(
  directory: string,
  repository: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
  const manifests: object[] = [];
  for (const [tag, version] of Object.entries(tags)) {
    const descriptor = await writeImage(directory, repository, version);
    manifests.push({ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': tag } });
  }
  await writeFile(join(directory, LAYOUT_FILE), JSON.stringify({ imageLayoutVersion: LAYOUT_VERSION }));
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

async function writeImage(directory: string, repository: string, version: string): Promise<object> {
  const layer = await writeBlob(directory, 'application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(EMPTY_TAR));
  const config = await writeBlob(directory, 'application/vnd.oci.image.config.v1+json', {
    created: CREATED,
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { 'org.opencontainers.image.title': repository, 'org.opencontainers.image.version': version } },
    rootfs: { type: 'layers', diff_ids: [digestOf(EMPTY_TAR)] },
    history: [{ created: CREATED, created_by: 'sample' }],
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return writeBlob(directory, mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
}

async function writeBlob(directory: string, mediaType: string, content: Buffer | object): Promise<object> {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const digest = digestOf(bytes);
  await writeFile(join(directory, 'blobs', ...digest.split(':')), bytes);
  return { mediaType, digest, size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
