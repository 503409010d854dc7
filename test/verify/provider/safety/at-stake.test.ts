// The check makes names up, and the provider may hold what they name, or put an illegal one right and delete what is
// left. Whatever it takes a request for: the partner loses nothing that the fixtures do not offer.
import { afterEach, expect, test } from 'vitest';
import { readContract } from '../../../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../../../verify/faulty-providers/correct.ts';
import type { Names } from '../../../../verify/faulty-providers/names.ts';
import { decode } from '../../../../verify/faulty-providers/path.ts';
import { type RunningProvider, startProvider } from '../../../../verify/faulty-providers/provider.ts';
import type { World } from '../../../../verify/faulty-providers/world.ts';
import { fixturesOf } from '../../../../verify/fixtures.ts';
import { verifyProvider } from '../../../../verify/provider/verify-provider.ts';

const contract = await readContract();

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

const OFFERED = ['v6', 'v7', 'v8', 'v9', 'v11'];
/** Refused requests are aimed at the last tag. */
const WITNESS = 'v11';
const NAMESPACE = 'group';
const REPOSITORY = 'team/app';
const ABSENT_TAG = 'no-such-tag';

const prefixes = (name: string) => [...name].map((_, index) => name.slice(0, index + 1));

/** What a name that is cut, or decoded once more, may turn into, and repositories that are none of the check's. */
function addNeighbours({ tags }: World): void {
  const add = (repository: string, tag: string) => tags.add({ namespace: NAMESPACE, repository, tag }, 'sha256:ab');
  const tooLongCut = 'v2'.padEnd(128, 'v');
  for (const tag of [...prefixes(WITNESS), `${WITNESS}A`, tooLongCut]) add(REPOSITORY, tag);
  const legal = ['b', 'busybox'.padEnd(128, 'b'), 'team/app.0', 'te/am/app'];
  const repositories = [...prefixes(REPOSITORY), `${REPOSITORY}A`, `${REPOSITORY}/`, ...legal];
  for (const repository of repositories.filter((one) => one !== REPOSITORY)) {
    for (const tag of [WITNESS, ABSENT_TAG, 'v6']) add(repository, tag);
  }
}

/** The check of a provider beside whose tags there are many others. @returns what it deleted */
async function deletedBy(change: Partial<Behaviour>, absent: object): Promise<string[]> {
  const deleted: string[] = [];
  let isReady = false;
  const prepare = ({ world }: { readonly world: World }) => {
    if (!isReady) addNeighbours(world);
    isReady = true;
    return false;
  };
  const nameOf = ({ namespace, repository, tag }: Names) => `${namespace}/${repository}:${tag}`;
  const behaviour = { ...correct, ...change };
  provider = await startProvider({
    ...change,
    rules: [{ refuses: 'storage-failure', when: prepare }, ...behaviour.rules],
    remove: (call) => {
      if (call.world.tags.of(call.image)?.has(call.image.tag)) deleted.push(nameOf(call.image));
      return correct.remove(call);
    },
  });
  const fixtures = fixturesOf({
    ...provider.fixtures,
    images: { namespace: NAMESPACE, repository: REPOSITORY, tags: OFFERED },
    absent: { tag: ABSENT_TAG, ...absent },
    provoke: {},
  });
  await verifyProvider({ baseUrl: provider.url, fixtures, contract, seed: 1 });
  return deleted;
}

const ofTheFixtures = OFFERED.map((tag) => `${NAMESPACE}/${REPOSITORY}:${tag}`);

/** Providers that make a legal name of an illegal one, but for the first. */
const changes: readonly [title: string, change: Partial<Behaviour>][] = [
  ['keeps the contract', {}],
  ['drops what follows a semicolon', { decode: (sent) => decode(sent).split(';', 1)[0] ?? '' }],
  ['cuts a name at a NUL', { decode: (sent) => decode(sent).split('\0', 1)[0] ?? '' }],
  ['decodes a name twice', { decode: (sent) => decode(decode(sent)) }],
  ['cuts a name where its alphabet ends', { decode: (sent) => /^[\w.$/-]*/.exec(decode(sent))?.[0] ?? '' }],
  ['cuts a name that is too long', { decode: (sent) => decode(sent).slice(0, 128) }],
];

test.each(changes)('a provider that %s loses nothing but what the fixtures offer', async (_, change) => {
  const deleted = await deletedBy(change, { repository: 'no-such-repo', namespace: 'no-such-org' });

  expect(deleted.filter((one) => !ofTheFixtures.includes(one))).toEqual([]);
  expect(deleted.length).toBeGreaterThan(0);
});

test.each(changes)('a provider that %s loses nothing else where no absent repository is known', async (_, change) => {
  const deleted = await deletedBy(change, {});

  expect(deleted.filter((one) => !ofTheFixtures.includes(one))).toEqual([]);
});
