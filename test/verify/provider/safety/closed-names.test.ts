// A contract may leave few names, or all: the check makes what names there are, and says where there are none. It must
// come to its end.
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { contractOf, defaultContractFile } from '../../../../verify/contract/read-contract.ts';
import type { Behaviour } from '../../../../verify/faulty-providers/behaviour.ts';
import { correct } from '../../../../verify/faulty-providers/correct.ts';
import { refusing, without } from '../../../../verify/faulty-providers/fault.ts';
import type { Names } from '../../../../verify/faulty-providers/names.ts';
import { type RunningProvider, startProvider } from '../../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../../verify/fixtures.ts';
import { verifyProvider } from '../../../../verify/provider/verify-provider.ts';

const text = await readFile(defaultContractFile, 'utf8');

let provider: RunningProvider | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

type Schema = Record<string, unknown>;
type ParameterName = 'Namespace' | 'Repository' | 'Tag';

interface Closed {
  readonly parameter: ParameterName;
  readonly schema: Schema;
  /** Of a provider that keeps to that schema. */
  readonly change: Partial<Behaviour>;
  readonly tags?: readonly string[];
  readonly absent?: object;
}

const names = { namespace: 'group', repository: 'team/app' };

/** The check by a contract with another schema of a parameter. */
async function check({ parameter, schema, change, tags, absent }: Closed) {
  const document = parse(text);
  document.components.parameters[parameter].schema = { type: 'string', ...schema };
  const { rules = correct.rules } = change;
  let isReady = false;
  provider = await startProvider({
    ...change,
    rules: [
      {
        refuses: 'storage-failure',
        when: ({ world }) => {
          if (!isReady) for (const tag of tags ?? []) world.tags.add({ ...names, tag } satisfies Names, 'sha256:ab');
          isReady = true;
          return false;
        },
      },
      ...rules,
    ],
  });
  const { images, absent: usual, ...right } = provider.fixtures;
  const { findings } = await verifyProvider({
    baseUrl: provider.url,
    fixtures: fixturesOf({
      ...right,
      images: { ...images, tags: tags ?? images.tags },
      absent: { ...usual, ...absent },
      provoke: {},
    }),
    contract: contractOf(document, 'closed.yaml'),
    seed: 1,
  });
  return {
    findingOf: (id: string) => findings.find((one) => one.id === id),
    violated: findings.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id),
  };
}

const NO_SUCH_NAME = { verdict: 'not-verified', reason: 'no such name could be made' };
const digits = (digit: string) => digit.repeat(32);

test('names of one length, of few letters', async () => {
  const pattern = '^[0-9a-f]{32}$';
  const { violated, findingOf } = await check({
    parameter: 'Tag',
    schema: { pattern },
    change: refusing(
      'invalid-tag',
      () =>
        ({ names: { tag } }) =>
          !new RegExp(pattern).test(tag),
    ),
    tags: ['1', '2', '3', '4', '5', '6', '7', '8'].map(digits),
    absent: { tag: digits('0') },
  });

  expect(violated).toEqual([]);
  expect(findingOf('tag/random-legal')?.verdict).toBe('verified');
  expect(findingOf('tag/random-illegal')?.verdict).toBe('verified');
});

test('two names and no others', async () => {
  const pattern = '^(group|team)$';
  const { violated, findingOf } = await check({
    parameter: 'Namespace',
    schema: { pattern },
    change: refusing(
      'invalid-namespace',
      () =>
        ({ names: { namespace } }) =>
          !new RegExp(pattern).test(namespace),
    ),
    absent: { namespace: 'team' },
  });

  expect(violated).toEqual([]);
  expect(findingOf('namespace/random-legal')?.verdict).toBe('verified');
  expect(findingOf('namespace/within-its-alphabet')).toBeUndefined();
});

test('every name there is', async () => {
  const { findingOf } = await check({ parameter: 'Tag', schema: {}, change: without('invalid-tag') });

  expect(findingOf('tag/random-illegal')).toMatchObject(NO_SUCH_NAME);
  expect(findingOf('tag/random-legal')?.verdict).toBe('verified');
  expect(findingOf('tag/outside-its-alphabet')).toBeUndefined();
});
