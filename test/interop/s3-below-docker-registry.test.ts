// Distribution 2.8 on S3 does not remove a tag if another one continues its name with a character that sorts before `/`:
// `v1` beside `v1.0` or `v1-alpine` (distribution/distribution#3142, mended in 3.0 by #3479).
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Store } from '../../server/store.ts';
import { openRegistryStore } from '../../server/stores/registry/registry-store.ts';
import { appTag, outcome, silent } from '../server/stores/layout/synthetic.ts';
import { areMissing, temporaryDirectory } from '../support/programs.ts';
import type { Registry } from '../support/registry.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { GOFAKES3 } from './registries.ts';
import { buildGo } from './support/go.ts';
import { about } from './support/program.ts';

const APP = 'group/app';
const program = about({ ...GOFAKES3, name: "gofakes3, an S3 service, below Debian's docker-registry 2.8.2" });
const missing = areMissing('go', 'docker-registry');

let registry: Registry;
let client: RegistryClient;
let store: Store;

beforeAll(async () => {
  if (missing) return undefined;
  vi.stubEnv('S3_PROGRAM', await buildGo(GOFAKES3));
  const { startRegistry } = await import('../support/registry.ts');
  const directory = await temporaryDirectory();
  registry = await startRegistry();
  client = new RegistryClient(registry.url);
  store = await openRegistryStore({ url: new URL(registry.url), stateDir: directory.path }, silent);
  return async () => {
    await store.close();
    await registry.stop();
    await directory.remove();
  };
});

afterAll(() => void vi.unstubAllEnvs());

test.skipIf(missing)('A tag without such a neighbour is deleted, and its siblings stay', program, async () => {
  await client.push(APP, [
    ['v1', 'shared'],
    ['v10', 'shared'],
    ['v2', 'shared'],
  ]);
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
  expect(await client.tags(APP)).toEqual(['v10', 'v2']);
  expect(await client.dangling(APP)).toEqual([]);
});

test.skipIf(missing).each(['v2.0', 'v2-alpine'])(
  'A tag beside %s keeps its image, and the caller learns that it was not deleted',
  program,
  async (neighbour) => {
    const digests = await client.push(APP, [
      ['v2', 'shared'],
      [neighbour, 'shared'],
    ]);
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('unavailable');
    expect(await client.head(APP, 'v2')).toBe(digests.get('v2'));
    expect(await client.head(APP, neighbour)).toBe(digests.get('v2'));
  },
);
