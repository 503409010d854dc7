// One suite for both stores. With REGISTRY_URL, and REGISTRY_USERNAME and REGISTRY_PASSWORD if needed, it runs against any
// registry. The repositories that it makes there are called `test-…/test-…` and stay.
import { mkdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { makeImages } from '../../../support/images.ts';
import { areMissing, temporaryDirectory } from '../../../support/programs.ts';
import { type Registry, startRegistry } from '../../../support/registry.ts';
import { freshName } from '../../../support/registry-client.ts';
import { type Subject, storeCases } from './store-suite.ts';
import { layoutSubject, registrySubject } from './subjects.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let registries: Registry[];

async function openRegistry(options: Parameters<typeof startRegistry>[0]): Promise<Subject> {
  const { REGISTRY_URL, REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } = process.env;
  const login = username !== undefined && password !== undefined ? { username, password } : undefined;
  const started = REGISTRY_URL === undefined ? await startRegistry(options) : undefined;
  if (started !== undefined) registries.push(started);
  const url = new URL(started?.url ?? String(REGISTRY_URL));
  return registrySubject(url, `${directory.path}/images`, directory.path, login);
}

describe.skipIf(areMissing('skopeo', 'umoci', 'docker-registry'))('A store', () => {
  beforeAll(async () => {
    registries = [];
    directory = await temporaryDirectory();
    await mkdir(`${directory.path}/data`);
    await makeImages(`${directory.path}/images`);
  });

  afterAll(async () => {
    for (const registry of registries) await registry.stop();
    await directory.remove();
  });

  describe.each([
    ['of layouts', async () => layoutSubject(`${directory.path}/data`, `${directory.path}/images`)],
    ['of a registry', () => openRegistry({})],
    ['of a registry with a cache of descriptors', () => openRegistry({ cache: true })],
  ])('%s', (_, openSubject) => {
    let subject: Subject;
    let store: Store;

    beforeAll(async () => {
      subject = await openSubject();
    });

    beforeEach(async () => {
      store = await subject.open();
    });

    afterEach(() => store.close());

    test.each(storeCases.map(({ name, run }) => [name, run] as const))('%s', async (_, run) => {
      await run(subject, store, { namespace: freshName(), repository: freshName() });
    });
  });
});
