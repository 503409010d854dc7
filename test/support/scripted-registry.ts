// A stand-in for registries that cannot run here, written from their documented or measured answers. It keeps manifests in
// memory, answers as distribution 2.8.2 does unless its traits say otherwise, and can fail any request in any way.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from './faults.ts';
import { digestOf, imageManifest } from './registry-client.ts';

/** How the registry behaves. */
export interface Traits {
  /**
   * DELETE by tag. `refused`: 400 DIGEST_INVALID, as distribution 2; `unsupported`: 405, as Harbor; `native`: 202 and
   * siblings stay, as distribution 3; `whole-manifest`: 202 and every sibling goes.
   */
  readonly deleteByTag: 'refused' | 'unsupported' | 'native' | 'whole-manifest';
  /**
   * DELETE by digest. `keeps-tags`: the tags still resolve afterwards, as in go-containerregistry's registry in memory.
   * `disabled`: 405 UNSUPPORTED.
   */
  readonly deleteByDigest: 'enabled' | 'keeps-tags' | 'disabled';
  /** A repository that does not exist: `as-empty`, or `name-unknown`, 400 to a DELETE and 404 to others, as zot. */
  readonly missingRepository: 'as-empty' | 'name-unknown';
  /** Max tags on a page of the list, with a Link to the next; distribution 3 has 1,000. */
  readonly pageSize: number;
  /** Whether a DELETE by digest removes the manifest, then answers 500 and leaves its tags dangling. */
  readonly isScanTorn: (request: RecordedRequest) => boolean;
  /** Whether a DELETE by digest answers 202 and leaves its tags listed without a link, as if it met a PUT of the tag. */
  readonly isUntagTorn: (request: RecordedRequest) => boolean;
  /** The answer instead of doing what is asked for. */
  readonly fault: (request: RecordedRequest) => Fault | undefined;
  /** The answer instead of the right one, after doing what is asked for. */
  readonly lost: (request: RecordedRequest) => Fault | undefined;
  /** Called before an answer is sent, for what happens meanwhile elsewhere. */
  readonly beforeAnswer: (request: RecordedRequest) => void | Promise<void>;
}

/** A request as received. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Its digest or tag, if the request is for a manifest. */
  readonly reference: string | undefined;
  readonly body: Buffer;
}

interface Stored {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

interface Repository {
  readonly manifests: Map<string, Stored>;
  readonly tags: Map<string, string>;
}

/** A running scripted registry. Names are `namespace/repository`. */
export interface ScriptedRegistry {
  readonly url: URL;
  /** May be changed at any time. */
  traits: Traits;
  readonly requests: readonly RecordedRequest[];
  /** Stores images by tag. Equal texts share a digest. */
  fill(name: string, images: Readonly<Record<string, string>>): void;
  /** The image that is on each tag, as its text; `placeholder` for an empty index, `dangling` if there is none. */
  images(name: string): Record<string, string>;
  close(): Promise<void>;
}

/** The digest of a tag whose directory is left without its link. */
const NOWHERE = '';

const DISTRIBUTION_2: Traits = {
  deleteByTag: 'refused',
  deleteByDigest: 'enabled',
  missingRepository: 'as-empty',
  pageSize: Number.POSITIVE_INFINITY,
  isScanTorn: () => false,
  isUntagTorn: () => false,
  fault: () => undefined,
  lost: () => undefined,
  beforeAnswer: () => undefined,
};

/** Starts a scripted registry. @param host an address of loopback: every 127.x.y.z is one on Linux */
export async function startScriptedRegistry(
  traits: Partial<Traits> = {},
  host = '127.0.0.1',
): Promise<ScriptedRegistry> {
  const repositories = new Map<string, Repository>();
  const requests: RecordedRequest[] = [];
  const http = createServer((request, response) => void serve(request, response));
  await once(http.listen(0, host), 'listening');
  const registry: ScriptedRegistry = {
    url: new URL(`http://${host}:${(http.address() as AddressInfo).port}`),
    traits: { ...DISTRIBUTION_2, ...traits },
    requests,
    fill: (name, images) => {
      const { manifests, tags } = repositoryOf(repositories, name);
      for (const [tag, text] of Object.entries(images)) {
        const bytes = imageManifest(text);
        manifests.set(digestOf(bytes), { bytes, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
        tags.set(tag, digestOf(bytes));
      }
    },
    images: (name) => {
      const { manifests, tags } = repositoryOf(repositories, name);
      return Object.fromEntries([...tags].map(([tag, digest]) => [tag, imageOf(manifests.get(digest))]));
    },
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    const { method = '', url: path = '', headers } = request;
    const [, name = '', kind, reference] = /^\/v2\/(.+?)\/(manifests|tags)\/([^/?]+)/.exec(path) ?? [];
    const recorded = { method, path, headers, reference: kind === 'manifests' ? reference : undefined, body };
    requests.push(recorded);
    let answer = registry.traits.fault(recorded);
    if (answer === undefined) {
      const its = answerTo(recorded, name);
      answer = registry.traits.lost(recorded) ?? its;
    }
    await registry.traits.beforeAnswer(recorded);
    answer(response);
  }

  function answerTo(request: RecordedRequest, name: string): Fault {
    if (/^\/v2\/?(?:\?|$)/.test(request.path)) return json(200, {});
    const { method, reference } = request;
    const isMissing = !repositories.has(name) && method !== 'PUT';
    if (isMissing && registry.traits.missingRepository === 'name-unknown')
      return error(method === 'DELETE' ? 400 : 404, 'NAME_UNKNOWN', { name });
    if (isMissing && reference === undefined) return error(404, 'NAME_UNKNOWN', { name });
    const repository = isMissing ? emptyRepository() : repositoryOf(repositories, name);
    if (reference === undefined) return list(repository, name, request.path, registry.traits);
    if (method === 'PUT') return put(repository, reference, request.body, request.headers['content-type'] ?? '');
    if (method === 'DELETE') return remove(registry.traits, repository, request);
    return get(repository, reference, request);
  }
  return registry;
}

function list({ tags }: Repository, name: string, path: string, { pageSize }: Traits): Fault {
  if (tags.size === 0) return json(200, { name, tags: null });
  const { pathname, searchParams } = new URL(path, 'http://registry');
  const rest = [...tags.keys()].sort().filter((tag) => tag > (searchParams.get('last') ?? ''));
  // distribution 2 knows neither pages nor `n`.
  if (rest.length <= pageSize) return json(200, { name, tags: rest });
  const page = rest.slice(0, pageSize);
  return json(200, { name, tags: page }, { Link: `<${pathname}?n=${pageSize}&last=${page.at(-1)}>; rel="next"` });
}

function put({ manifests, tags }: Repository, reference: string, bytes: Buffer, mediaType: string): Fault {
  const digest = digestOf(bytes);
  manifests.set(digest, { bytes, mediaType });
  if (!isDigest(reference)) tags.set(reference, digest);
  return (response) => response.writeHead(201, { 'Docker-Content-Digest': digest, 'Content-Length': 0 }).end();
}

function get({ manifests, tags }: Repository, reference: string, { method, headers }: RecordedRequest): Fault {
  const digest = isDigest(reference) ? reference : tags.get(reference);
  if (digest === undefined || digest === NOWHERE) return error(404, 'MANIFEST_UNKNOWN', { Tag: reference });
  const stored = manifests.get(digest);
  // An OCI image is not found unless Accept has its media type.
  if (stored === undefined || !(headers.accept ?? '').includes(stored.mediaType))
    return error(404, 'MANIFEST_UNKNOWN', { Name: reference, Revision: digest });
  return (response) =>
    response
      .writeHead(200, {
        'Content-Type': stored.mediaType,
        'Content-Length': stored.bytes.length,
        'Docker-Content-Digest': digest,
      })
      .end(method === 'HEAD' ? undefined : stored.bytes);
}

function remove(traits: Traits, repository: Repository, request: RecordedRequest): Fault {
  const { reference = '' } = request;
  return isDigest(reference)
    ? removeDigest(traits, repository, reference, request)
    : removeTag(traits, repository, reference);
}

function removeTag({ deleteByTag }: Traits, { manifests, tags }: Repository, tag: string): Fault {
  if (deleteByTag === 'refused') return error(400, 'DIGEST_INVALID');
  if (deleteByTag === 'unsupported') return error(405, 'UNSUPPORTED');
  const digest = tags.get(tag);
  if (digest === undefined) return error(404, 'MANIFEST_UNKNOWN');
  tags.delete(tag);
  if (deleteByTag === 'whole-manifest') forget(manifests, tags, digest);
  return accepted;
}

function removeDigest(
  { deleteByDigest, isScanTorn, isUntagTorn }: Traits,
  { manifests, tags }: Repository,
  digest: string,
  request: RecordedRequest,
): Fault {
  if (deleteByDigest === 'disabled') return error(405, 'UNSUPPORTED');
  if (!manifests.has(digest)) return error(404, 'MANIFEST_UNKNOWN');
  if (deleteByDigest === 'keeps-tags') return accepted;
  if (isScanTorn(request)) {
    manifests.delete(digest);
    return error(500, 'UNKNOWN');
  }
  if (isUntagTorn(request)) {
    manifests.delete(digest);
    for (const [tag, its] of tags) if (its === digest) tags.set(tag, NOWHERE);
    return accepted;
  }
  forget(manifests, tags, digest);
  return accepted;
}

function forget(manifests: Repository['manifests'], tags: Repository['tags'], digest: string): void {
  manifests.delete(digest);
  for (const [tag, its] of tags) if (its === digest) tags.delete(tag);
}

const accepted: Fault = (response) => response.writeHead(202, { 'Content-Length': 0 }).end();

/** An error in the form of the distribution specification. */
function error(status: number, code: string, detail: object | null = null): Fault {
  return json(status, { errors: [{ code, message: code.toLowerCase().replaceAll('_', ' '), detail }] });
}

function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Fault {
  return (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function isDigest(reference: string): boolean {
  return reference.startsWith('sha256:');
}

function imageOf(stored: Stored | undefined): string {
  if (stored === undefined) return 'dangling';
  const { manifests, annotations } = JSON.parse(stored.bytes.toString());
  return manifests?.length === 0 ? 'placeholder' : annotations['test.image'];
}

function repositoryOf(repositories: Map<string, Repository>, name: string): Repository {
  const repository = repositories.get(name) ?? emptyRepository();
  repositories.set(name, repository);
  return repository;
}

function emptyRepository(): Repository {
  return { manifests: new Map(), tags: new Map() };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
