// Reads and writes a registry without the code under test.
import { createHash, randomUUID } from 'node:crypto';
import PQueue from 'p-queue';

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;
const [MANIFEST] = MANIFEST_TYPES;
const CONFIG = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
/** Concurrent pushes: more would only wait for each other on two cores. */
const PUSHES = 8;

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A manifest as it is stored. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** A registry client that shares no code with the server. Names are `namespace/repository`. */
export class RegistryClient {
  readonly #url: string;
  readonly #login: Login | undefined;
  /** By `name method`: tokens differ in what they allow. */
  readonly #authorizations = new Map<string, string>();

  constructor(url: string, login?: Login) {
    this.#url = url;
    this.#login = login;
  }

  /** The tags as the registry lists them, sorted, of every page. A repository that does not exist has none. */
  async tags(name: string): Promise<string[]> {
    const found: string[] = [];
    for (let path: string | undefined = `/v2/${name}/tags/list`; path !== undefined; ) {
      const response: Response = await this.#ask('GET', name, path);
      if (response.status === 404) break;
      expectStatus(response, 200);
      found.push(...(((await response.json()) as { tags: string[] | null }).tags ?? []));
      path = /^<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
    }
    return found.sort();
  }

  /** @returns the digest that the registry reports for a reference, or undefined if it answers 404 */
  async head(name: string, reference: string): Promise<string | undefined> {
    const response = await this.#ask('HEAD', name, `/v2/${name}/manifests/${reference}`);
    if (response.status === 404) return undefined;
    expectStatus(response, 200);
    return response.headers.get('docker-content-digest') ?? '';
  }

  async manifest(name: string, reference: string): Promise<StoredManifest | undefined> {
    const response = await this.#ask('GET', name, `/v2/${name}/manifests/${reference}`);
    if (response.status === 404) return undefined;
    expectStatus(response, 200);
    const bytes = Buffer.from(await response.arrayBuffer());
    return { digest: digestOf(bytes), mediaType: response.headers.get('content-type') ?? '', bytes };
  }

  /** @returns its digest */
  async putManifest(name: string, reference: string, bytes: Buffer, mediaType: string = MANIFEST): Promise<string> {
    const response = await this.#ask('PUT', name, `/v2/${name}/manifests/${reference}`, bytes, mediaType);
    expectStatus(response, 201);
    return digestOf(bytes);
  }

  /** Deletes by digest, siblings and all. @returns the status */
  async deleteManifest(name: string, digest: string): Promise<number> {
    return (await this.#ask('DELETE', name, `/v2/${name}/manifests/${digest}`)).status;
  }

  /** Gives the image of a tag further tags, as a push would. */
  async retag(name: string, tag: string, further: readonly string[]): Promise<void> {
    const stored = await this.manifest(name, tag);
    if (stored === undefined) throw new Error(`${name}:${tag} is not there`);
    await inParallel(further, (one) => this.putManifest(name, one, stored.bytes, stored.mediaType));
  }

  /**
   * Pushes small images by PUT: a skopeo process for each of 1,000 tags would take minutes.
   * @param images which tag has which image: tags of equal text share a digest
   * @returns the digests by tag
   */
  async push(name: string, images: Iterable<readonly [tag: string, image: string]>): Promise<Map<string, string>> {
    await this.#putConfig(name);
    const digests = new Map<string, string>();
    await inParallel([...images], async ([tag, image]) => {
      digests.set(tag, await this.putManifest(name, tag, imageManifest(image)));
    });
    return digests;
  }

  /** The tags that are listed without a manifest. @param among only these are looked up */
  async dangling(name: string, among?: readonly string[]): Promise<string[]> {
    return this.#tagsWhere(name, among, async (tag) => (await this.head(name, tag)) === undefined);
  }

  /**
   * The tags that hold a placeholder: an empty index.
   * @param among only these are looked up
   */
  async placeholders(name: string, among?: readonly string[]): Promise<string[]> {
    return this.#tagsWhere(name, among, async (tag) => {
      const stored = await this.manifest(name, tag);
      return stored !== undefined && JSON.parse(stored.bytes.toString()).manifests?.length === 0;
    });
  }

  async #tagsWhere(
    name: string,
    among: readonly string[] | undefined,
    isSo: (tag: string) => Promise<boolean>,
  ): Promise<string[]> {
    const found: string[] = [];
    const listed = await this.tags(name);
    const those = among === undefined ? listed : listed.filter((tag) => among.includes(tag));
    await inParallel(those, async (tag) => {
      if (await isSo(tag)) found.push(tag);
    });
    return found.sort();
  }

  async #putConfig(name: string): Promise<void> {
    const start = await this.#ask('POST', name, `/v2/${name}/blobs/uploads/`);
    expectStatus(start, 202);
    const upload = new URL(start.headers.get('location') ?? '', this.#url);
    upload.searchParams.set('digest', digestOf(CONFIG));
    expectStatus(await this.#ask('PUT', name, upload.href, CONFIG, 'application/octet-stream'), 201);
  }

  async #ask(method: string, name: string, path: string, body?: Buffer, type?: string): Promise<Response> {
    const known = this.#authorizations.get(`${name} ${method}`);
    const send = (authorization: string | undefined) =>
      fetch(new URL(path, this.#url), {
        method,
        headers: {
          Accept: MANIFEST_TYPES.join(', '),
          ...(type !== undefined && { 'Content-Type': type }),
          ...(authorization !== undefined && { Authorization: authorization }),
        },
        ...(body !== undefined && { body: new Uint8Array(body) }),
      });
    const response = await send(known);
    if (response.status !== 401 || this.#login === undefined) return response;
    await response.body?.cancel();
    const authorization = await authorize(response.headers.get('www-authenticate') ?? '', this.#login);
    this.#authorizations.set(`${name} ${method}`, authorization);
    return send(authorization);
  }
}

/** An image manifest without layers; the text makes its digest. */
export function imageManifest(text: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: digestOf(CONFIG),
        size: CONFIG.length,
      },
      layers: [],
      annotations: { 'test.image': text },
    }),
  );
}

/** `sha256:…` */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A unique repository name, so that several runs can share a registry. */
export function freshName(): string {
  return `test-${randomUUID().slice(0, 8)}`;
}

/** Calls `act` for each, several at once. Rejects with the first failure. */
export async function inParallel<T>(
  all: readonly T[],
  act: (one: T) => Promise<unknown>,
  concurrency = PUSHES,
): Promise<void> {
  await new PQueue({ concurrency }).addAll(all.map((one) => () => act(one)));
}

/** Answers a challenge (RFC 9110, 11.6.1), of either scheme that registries use. */
async function authorize(challenge: string, { username, password }: Login): Promise<string> {
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  if (!/^bearer /i.test(challenge)) return basic;
  const { realm, ...asked } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>;
  const response = await fetch(`${realm}?${new URLSearchParams(asked)}`, { headers: { Authorization: basic } });
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  return `Bearer ${token ?? access_token}`;
}

function expectStatus(response: Response, status: number): void {
  if (response.status !== status) throw new Error(`${response.url} answered ${response.status} instead of ${status}`);
}
