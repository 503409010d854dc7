// Debian's docker-registry, with repositories of many tags made at once.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { atOnce } from './at-once.ts';
import { type Serving, serve } from './contender.ts';
import { temporaryDirectory } from './processes.ts';
import { NAMESPACE } from './servers/contract.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}';
const TEMPLATE = 'template';
const PUSHES = 8;

/** A registry and the folder of its repositories. */
export interface DockerRegistry extends Serving {
  readonly repositories: string;
}

/** Starts a registry, without a log: its access log is for nobody here. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const directory = temporaryDirectory();
  const storage = join(directory, 'storage');
  mkdirSync(storage);
  const file = join(directory, 'config.json');
  const server = await serve({
    name: 'docker-registry',
    isShared: true,
    command: (port) => {
      // JSON is YAML.
      writeFileSync(file, JSON.stringify(configuration(storage, port)));
      return ['docker-registry', 'serve', file];
    },
  });
  return { ...server, repositories: join(storage, 'docker/registry/v2/repositories', NAMESPACE) };
}

function configuration(storage: string, port: number): object {
  return {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'benchmark' },
  };
}

/** Tags, two of each image: `v0` and `sibling0` share a digest. */
export async function pushTemplate({ url }: DockerRegistry, images: number): Promise<void> {
  const config = await pushConfig(url);
  const numbers = Array.from({ length: images }, (_, at) => at);
  await atOnce(numbers, PUSHES, async (number) => {
    const annotations = { image: String(number) };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [], annotations });
    for (const tag of [`v${number}`, `sibling${number}`]) {
      await ask('PUT', `${url}/v2/${NAMESPACE}/${TEMPLATE}/manifests/${tag}`, 201, manifest, MANIFEST_TYPE);
    }
  });
}

/** A repository of its own with what was pushed: the registry keeps a folder for it, and blobs apart. */
export function copyTemplate({ repositories }: DockerRegistry, repository: string): void {
  cpSync(join(repositories, TEMPLATE), join(repositories, repository), { recursive: true });
}

/** The tags that can be pulled: a listed one whose manifest is gone is none. */
export async function pullableTags({ url }: DockerRegistry, repository: string): Promise<Set<string>> {
  const base = `${url}/v2/${NAMESPACE}/${repository}`;
  const { tags } = JSON.parse(await ask('GET', `${base}/tags/list`, 200)) as { tags: string[] | null };
  const pullable = new Set<string>();
  await atOnce(tags ?? [], PUSHES, async (tag) => {
    const { statusCode, body } = await request(`${base}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: MANIFEST_TYPE },
    });
    await body.dump();
    if (statusCode === 200) pullable.add(tag);
  });
  return pullable;
}

async function pushConfig(url: string): Promise<object> {
  const digest = `sha256:${createHash('sha256').update(CONFIG).digest('hex')}`;
  const uploads = `${url}/v2/${NAMESPACE}/${TEMPLATE}/blobs/uploads/`;
  const { headers, body } = await request(uploads, { method: 'POST' });
  await body.dump();
  const location = new URL(String(headers['location']));
  location.searchParams.set('digest', digest);
  await ask('PUT', location.href, 201, CONFIG, 'application/octet-stream');
  return { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: CONFIG.length };
}

/** @returns the answer's body. @throws where the answer has another status */
async function ask(method: 'GET' | 'PUT', url: string, status: number, body?: string, type?: string): Promise<string> {
  const answer = await request(url, { method, ...(body !== undefined && { body, headers: { 'content-type': type } }) });
  const text = await answer.body.text();
  if (answer.statusCode !== status) throw new Error(`${method} ${url} was answered ${answer.statusCode}: ${text}`);
  return text;
}
