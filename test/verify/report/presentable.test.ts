// What a violation says: which value is wrong and which is allowed, without secrets, and short enough to be a heading.
import { expect, test } from 'vitest';
import { contractOf } from '../../../verify/contract/read-contract.ts';
import { schemasOf } from '../../../verify/judge/schemas.ts';
import { presentable } from '../../../verify/report/presentable.ts';

const plain = (text: string) => text;

test('a long value is cut in a message, and how long it was is told', () => {
  const found = `X-Request-Id: ${JSON.stringify('a'.repeat(8_192))}, error_code: "short \\"quoted\\""`;

  const shown = presentable({ rule: '#', message: 'wrong', found }, plain);

  expect(shown.found).toBe(`X-Request-Id: "${'a'.repeat(79)}…" (8192 characters), error_code: "short \\"quoted\\""`);
  expect(presentable(shown, plain), 'and not again').toEqual(shown);
});

test('a long message and long labels are cut as well', () => {
  const long = JSON.stringify('b'.repeat(200));

  const { message, seenWith } = presentable({ rule: '#', message: `It is ${long}.`, seenWith: long }, plain);

  expect([message.length, seenWith?.length].every((length = 0) => length < 120)).toBe(true);
});

test('a secret is masked before it is cut, else half of it stays', () => {
  const secret = 'S'.repeat(200);
  const mask = (text: string) => text.replaceAll(secret, '$TOKEN');

  const { found } = presentable({ rule: '#', message: 'echoed', found: `X-Request-Id: "${secret}"` }, mask);

  expect(found).toBe('X-Request-Id: "$TOKEN"');
});

const problemsOf = (schema: object, value: unknown) => {
  const paths = { '/x': { get: { responses: {} } } };
  const contract = contractOf({ openapi: '3.1.0', paths, components: { schemas: { It: schema } } }, 'test.yaml');
  return schemasOf(contract)('#/components/schemas/It', value).map(({ problem, found }) => [problem, found]);
};

test.each([
  ['a constant', { const: 'SWR' }, 'swr', 'it must be equal to constant: "SWR"', 'it: "swr"'],
  ['a list', { enum: ['a', 1] }, 'b', 'it must be equal to one of the allowed values: ["a",1]', 'it: "b"'],
  [
    'properties',
    { properties: {}, additionalProperties: false },
    { more: 1 },
    'it must NOT have additional properties: "more"',
    'it: an object',
  ],
])('what is allowed is said of %s', (_, schema, value, problem, found) => {
  expect(problemsOf(schema, value)).toEqual([[problem, found]]);
});

test('elements of a list that break the same rule are told once', () => {
  expect(problemsOf({ items: { type: 'string' } }, ['a', 1, 2])).toEqual([['/* must be string', '/1: 1']]);
});
