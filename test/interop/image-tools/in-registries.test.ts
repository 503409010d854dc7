// Images that real tools push: after a delete through the server, what else was pushed is there, byte for byte.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../server/store.ts';
import { openRegistryStore } from '../../../server/stores/registry/registry-store.ts';
import { silent } from '../../server/stores/layout/synthetic.ts';
import { makeImages, pullImage } from '../../support/images.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { type Registry, startRegistry } from '../../support/registry.ts';
import { freshName, RegistryClient } from '../../support/registry-client.ts';
import { DISTRIBUTION_3 } from '../registries.ts';
import { buildGo } from '../support/go.ts';
import { about } from '../support/program.ts';
import { REGISTRY_REFERRERS, TOOLS } from './tools.ts';

const missing = areMissing('go', 'skopeo', 'umoci', 'podman', 'buildah', 'docker-registry');
let images: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  images = await temporaryDirectory();
  if (!missing) await makeImages(`${images.path}/images`);
});

afterAll(() => images.remove());

describe.skipIf(missing).each([
  ["Debian's docker-registry, which deletes by digest", async () => 'docker-registry'],
  ['Distribution 3, which deletes by tag', async () => buildGo(DISTRIBUTION_3)],
])('In %s', (_, program) => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let registry: Registry;
  let client: RegistryClient;
  let store: Store;
  let repository: string;

  const place = () => ({ directory: directory.path, images: `${images.path}/images` });
  const reference = (tag: string) => `${new URL(registry.url).host}/group/${repository}:${tag}`;
  const pull = (tag: string) => pullImage(`docker://${reference(tag)}`, '--src-tls-verify=false');
  const deleteTag = (tag: string) => store.deleteTag({ namespace: 'group', repository, tag });

  beforeAll(async () => {
    registry = await startRegistry({ program: await program() });
    client = new RegistryClient(registry.url);
  });

  beforeEach(async () => {
    directory = await temporaryDirectory();
    repository = freshName();
    store = await openRegistryStore({ url: new URL(registry.url), stateDir: directory.path }, silent);
    return async () => {
      await store.close();
      await directory.remove();
    };
  });

  afterAll(() => registry.stop());

  describe.each(TOOLS)('$name', (tool) => {
    test('The sibling of a deleted tag pulls byte for byte', about(tool, 'siblings pull byte for byte'), async () => {
      await tool.push(place(), reference('v1'), reference('v2'));
      const before = await pull('v2');
      expect(before.size).toBeGreaterThan(3);
      expect(await client.head(`group/${repository}`, 'v1')).toBe(await client.head(`group/${repository}`, 'v2'));
      const others = (await client.tags(`group/${repository}`)).filter((tag) => tag !== 'v1');
      await deleteTag('v1');
      expect(await client.tags(`group/${repository}`)).toEqual(others);
      await expect(pull('v1')).rejects.toThrow();
      expect(await pull('v2')).toEqual(before);
    });
  });

  describe.each(REGISTRY_REFERRERS)('$name', (tool) => {
    test(
      'What is attached to an image is listed after the delete of one of its tags',
      about(tool, 'attached artifacts stay listed'),
      async () => {
        await TOOLS[0]?.push(place(), reference('v1'), reference('v2'));
        for (const image of ['v1', 'v2']) await tool.attach(place(), reference(image));
        const before = await tool.list(place(), reference('v2'));
        expect(before).not.toEqual([]);
        const others = (await client.tags(`group/${repository}`)).filter((tag) => tag !== 'v1');
        await deleteTag('v1');
        expect(await client.tags(`group/${repository}`)).toEqual(others);
        expect(await tool.list(place(), reference('v2'))).toEqual(before);
        for (const digest of before) expect(await client.head(`group/${repository}`, digest)).toBe(digest);
      },
    );
  });
});
