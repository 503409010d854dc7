// The registries that the tests stand on, and whether they behave as the tests need it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { privatelySigned } from '../support/certificates.ts';
import { copyImage, IMAGES, makeImages, pullImage } from '../support/images.ts';
import { areMissing, temporaryDirectory } from '../support/programs.ts';
import { CREDENTIALS, type Registry, startRegistry } from '../support/registry.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { startTokenServer } from '../support/token-server.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let registry: Registry;
let started: { stop(): Promise<void> }[];

async function start(options?: Parameters<typeof startRegistry>[0]): Promise<Registry> {
  const one = await startRegistry(options);
  started.push(one);
  return one;
}

describe.skipIf(areMissing('docker-registry', 'skopeo', 'umoci', 'openssl'))('a registry of the tests', () => {
  beforeEach(async () => {
    directory = await temporaryDirectory();
    started = [];
    registry = await start();
  });

  afterEach(async () => {
    for (const one of started.toReversed()) await one.stop();
    await directory.remove();
  });

  test('takes real images from skopeo and gives them back byte for byte', async () => {
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

  test('deletes siblings of a digest, and nothing at all where deletion is off or it is read-only', async () => {
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
    expect(await client.dummies('group/app')).toEqual([]);
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
});
