import { expect, test } from 'vitest';
import { operations } from '../../../generated/contract.ts';
import { requireLegalNames } from '../../../server/http/names.ts';

const legal = { namespace: 'group', repository: 'team$app', tag: 'v1' };

test('Names that the contract allows pass', () => {
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
])('The %s %j never reaches a store, even if the validator lets it through', (name, value) => {
  expect(() => requireLegalNames('deleteRepoTag', { ...legal, [name]: value })).toThrow(
    expect.objectContaining({ kind: `invalid-${name}` }),
  );
});

test('A missing name is illegal', () => {
  const { tag: _, ...rest } = legal;
  expect(() => requireLegalNames('deleteRepoTag', rest)).toThrow(expect.objectContaining({ kind: 'invalid-tag' }));
});
