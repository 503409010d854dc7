// Layouts and registries as subjects of the suite of both stores.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { openRegistryStore } from '../../../../server/stores/registry/registry-store.ts';
import { copyImage, pullImage } from '../../../support/images.ts';
import { tagsIn } from '../../../support/layouts.ts';
import { type Login, RegistryClient } from '../../../support/registry-client.ts';
import { silent } from '../layout/synthetic.ts';
import type { Repository, Subject } from './store-suite.ts';

/** Layouts in a directory. @param images the layout with the images to push */
export function layoutSubject(dataDir: string, images: string): Subject {
  const path = ({ namespace, repository }: Repository) => `${dataDir}/${namespace}/${repository}`;
  const tagsOf = async (at: Repository) => tagsIn(path(at)).catch(() => []);
  return {
    open: () => openLayoutStore(dataDir, silent),
    put: async (at, tag, image) => {
      await mkdir(dirname(path(at)), { recursive: true });
      await copyImage(`oci:${images}:${image}`, `oci:${path(at)}:${tag}`);
    },
    retag: (at, tag, further) => addNames(`${path(at)}/index.json`, tag, further),
    tags: async (at) => (await tagsOf(at)).map(([tag]) => tag).sort(),
    digest: async (at, tag) => (await tagsOf(at)).find(([name]) => name === tag)?.[1],
    pull: (at, tag) => pullImage(`oci:${path(at)}:${tag}`),
  };
}

/** A registry. @param images the layout with the images to push @param stateDir the state directory of the store */
export function registrySubject(url: URL, images: string, stateDir: string, login?: Login): Subject {
  const client = new RegistryClient(url.href, login);
  const name = ({ namespace, repository }: Repository) => `${namespace}/${repository}`;
  const reference = (at: Repository, tag: string) => `docker://${url.host}/${name(at)}:${tag}`;
  const options = (side: 'src' | 'dest') => [
    ...(url.protocol === 'http:' ? [`--${side}-tls-verify=false`] : []),
    ...(login === undefined ? [] : [`--${side}-creds=${login.username}:${login.password}`]),
  ];
  return {
    isFlat: process.env['S3_PROGRAM'] !== undefined,
    open: async () => openRegistryStore({ url, stateDir, ...(login && { credentials: login }) }, silent),
    put: (at, tag, image) => copyImage(`oci:${images}:${image}`, reference(at, tag), ...options('dest')),
    retag: (at, tag, further) => client.retag(name(at), tag, further),
    tags: (at) => client.tags(name(at)),
    digest: (at, tag) => client.head(name(at), tag),
    pull: (at, tag) => pullImage(reference(at, tag), ...options('src')),
  };
}

/** Adds names for a descriptor of an index.json by replacing the file, as `umoci tag` does. */
async function addNames(path: string, tag: string, names: readonly string[]): Promise<void> {
  const index = JSON.parse(await readFile(path, 'utf8')) as { manifests: { annotations?: Record<string, string> }[] };
  const NAME = 'org.opencontainers.image.ref.name';
  const named = index.manifests.find(({ annotations }) => annotations?.[NAME] === tag);
  index.manifests.push(...names.map((name) => ({ ...named, annotations: { [NAME]: name } })));
  await writeFile(`${path}.next`, JSON.stringify(index));
  await rename(`${path}.next`, path);
}
