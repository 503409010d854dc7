// The registries that other tests rely on behave as those tests assume.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { privatelySigned } from '../../../support/certificates.ts';
import { copyImage, IMAGES, makeImages, pullImage } from '../../../support/images.ts';
import { areMissing, temporaryDirectory } from '../../../support/programs.ts';
import { CREDENTIALS, type Registry, startRegistry } from '../../../support/registry.ts';
import { digestOf, imageManifest, RegistryClient } from '../../../support/registry-client.ts';
import { startScriptedRegistry } from '../../../support/scripted-registry.ts';
import { startTokenServer } from '../../../support/token-server.ts';

const OCI = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const EMPTY_INDEX = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }));

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let registry: Registry;
let started: { stop(): Promise<void> }[];

async function start(options?: Parameters<typeof startRegistry>[0]): Promise<Registry> {
  const one = await startRegistry(options);
  started.push(one);
  return one;
}

describe.skipIf(areMissing('docker-registry', 'skopeo', 'umoci', 'openssl'))('The registries of the tests', () => {
  beforeEach(async () => {
    directory = await temporaryDirectory();
    started = [];
    registry = await start();
  });

  afterEach(async () => {
    for (const one of started.toReversed()) await one.stop();
    await directory.remove();
  });

  test('A registry returns images that skopeo pushed byte for byte', async () => {
    await makeImages(`${directory.path}/images`);
    for (const image of IMAGES) {
      const to = `docker://${new URL(registry.url).host}/group/app:${image}`;
      await copyImage(`oci:${directory.path}/images:${image}`, to, '--dest-tls-verify=false');
      expect(await pullImage(to, '--src-tls-verify=false'), image).toEqual(
        await pullImage(`oci:${directory.path}/images:${image}`),
      );
    }
    expect(await new RegistryClient(registry.url).tags('group/app')).toEqual(IMAGES.toSorted());
  });

  test('A delete by digest takes all siblings, and nothing if deletion is off or the registry is read-only', async () => {
    const client = new RegistryClient(registry.url);
    const digests = await client.push('group/app', [
      ['a', 'shared'],
      ['b', 'shared'],
      ['c', 'own'],
    ]);
    const digest = digests.get('a') as string;
    for (const options of [{ deletion: false }, { readOnly: true }]) {
      const other = await start({ ...options, storage: registry.storage });
      expect(await new RegistryClient(other.url).deleteManifest('group/app', digest)).toBe(405);
      expect(await other.requests('DELETE', 'PUT')).toEqual([`DELETE /v2/group/app/manifests/${digest}`]);
    }
    expect(await client.deleteManifest('group/app', 'a')).toBe(400);
    expect(await client.tags('group/app')).toEqual(['a', 'b', 'c']);
    expect(await client.deleteManifest('group/app', digest)).toBe(202);
    expect(await client.tags('group/app')).toEqual(['c']);
    expect(await client.dangling('group/app')).toEqual([]);
    expect(await client.placeholders('group/app')).toEqual([]);
  });

  test('asks for a name and a password', async () => {
    const { url } = await start({ auth: 'htpasswd' });
    await expect(new RegistryClient(url).tags('group/app')).rejects.toThrow('401');
    await expect(new RegistryClient(url, { ...CREDENTIALS, password: 'wrong' }).tags('group/app')).rejects.toThrow(
      '401',
    );
    expect((await new RegistryClient(url, CREDENTIALS).push('group/app', [['a', 'a']])).size).toBe(1);
  });

  test('asks for tokens, and takes those of the token server', async () => {
    const tokens = await startTokenServer(directory.path);
    started.push({ stop: tokens.close });
    const { url } = await start({ auth: tokens.registryAuth });
    const client = new RegistryClient(url, CREDENTIALS);
    const digests = await client.push('group/app', [['a', 'a']]);
    expect(await client.deleteManifest('group/app', digests.get('a') as string)).toBe(202);
    expect(tokens.scopes.at(-1)).toEqual(['repository:group/app:delete']);
    tokens.plainDelete = 'withheld';
    expect(await new RegistryClient(url, CREDENTIALS).deleteManifest('group/app', digests.get('a') as string)).toBe(
      401,
    );
    tokens.staleBy = 120;
    await expect(new RegistryClient(url, CREDENTIALS).tags('group/app')).rejects.toThrow('401');
  });

  test('has a certificate that no system trusts', async () => {
    const tls = await privatelySigned(directory.path);
    const { url } = await start({ tls });
    await expect(new RegistryClient(url).tags('group/app')).rejects.toThrow('fetch failed');
  });

  test('The scripted registry answers every request as the real one does', async () => {
    const scripted = await startScriptedRegistry();
    started.push({ stop: scripted.close });
    await new RegistryClient(registry.url).push('group/app', Object.entries({ a: 'shared', b: 'shared', c: 'own' }));
    scripted.fill('group/app', { a: 'shared', b: 'shared', c: 'own' });
    const real = await conversation(registry.url);
    expect(real.map(({ status }) => status)).toContain(202);
    expect(await conversation(scripted.url.href)).toEqual(real);
  });
});

/** Sends every kind of request that a delete may send. */
async function conversation(url: string): Promise<{ request: string; status: number; answer: unknown }[]> {
  const digest = digestOf(imageManifest('shared'));
  const heard: Awaited<ReturnType<typeof conversation>> = [];
  const manifests = '/v2/group/app/manifests';
  for (const [method, path, accept] of [
    ['GET', '/v2/'],
    ['GET', '/v2/group/missing/tags/list'],
    ['GET', '/v2/group/missing/manifests/a', OCI],
    ['DELETE', '/v2/group/missing/manifests/a'],
    ['DELETE', `/v2/group/missing/manifests/${digest}`],
    ['DELETE', `${manifests}/a`],
    ['DELETE', `${manifests}/missing`],
    ['HEAD', `${manifests}/a`],
    ['HEAD', `${manifests}/a`, OCI],
    ['GET', `${manifests}/a`, OCI],
    ['GET', `${manifests}/missing`, OCI],
    ['PUT', `${manifests}/c`],
    ['GET', `${manifests}/c`, OCI_INDEX],
    ['DELETE', `${manifests}/${digest}`],
    ['DELETE', `${manifests}/${digest}`],
    ['GET', '/v2/group/app/tags/list'],
    ['PUT', `${manifests}/a`],
    ['DELETE', `${manifests}/${digestOf(EMPTY_INDEX)}`],
    ['GET', '/v2/group/app/tags/list'],
  ] as const) {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...(accept && { Accept: accept }), ...(method === 'PUT' && { 'Content-Type': OCI_INDEX }) },
      ...(method === 'PUT' && { body: new Uint8Array(EMPTY_INDEX) }),
    });
    const text = await response.text();
    const body = text.startsWith('{') && !text.includes('schemaVersion') ? JSON.parse(text) : text;
    // Only the code of an error is compared, and whether its detail has Tag or Revision: the wording may change.
    const [error] = body.errors ?? [];
    const answer = error === undefined ? body : { code: error.code, detail: Object.keys(error.detail ?? {}) };
    heard.push({ request: `${method} ${path} ${accept ?? ''}`, status: response.status, answer });
  }
  return heard;
}
