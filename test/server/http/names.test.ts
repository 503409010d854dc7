import { expect, test } from 'vitest';
import { operations } from '../../../generated/contract.ts';
import { requireLegalNames } from '../../../server/http/names.ts';

const legal = { namespace: 'group', repository: 'team$app', tag: 'v1' };

test('what the contract allows passes', () => {
  expect(() => requireLegalNames('deleteRepoTag', legal)).not.toThrow();
});

test.each([
  ['namespace', '..'],
  ['namespace', 'group/../other'],
  ['namespace', ''],
  ['repository', '../other/app'],
  ['repository', 'app\0'],
  ['repository', 'a'.repeat(operations.deleteRepoTag.parameters.repository.maxLength + 1)],
  ['tag', '../../../x'],
  ['tag', 'v1?x'],
  ['tag', 'v1\n'],
])('%s %j never reaches a store, whoever has let it through', (name, value) => {
  expect(() => requireLegalNames('deleteRepoTag', { ...legal, [name]: value })).toThrow(
    expect.objectContaining({ kind: `invalid-${name}` }),
  );
});

test('a name that is not there is illegal', () => {
  const { tag: _, ...rest } = legal;
  expect(() => requireLegalNames('deleteRepoTag', rest)).toThrow(expect.objectContaining({ kind: 'invalid-tag' }));
});
