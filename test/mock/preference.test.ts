// `Prefer`: a caller gets the requested answer, or a list of the valid values.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examples, expectExample } from '../support/contract.ts';
import { startMock, type TestMock } from './start-mock.ts';

let mock: TestMock;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

const prefer = (value: string) => mock.deleteTag('v1', { Prefer: value });

test.each(examples)('Prefer: code=$status, example=$name returns that example', async ({ status, name }) => {
  expectExample(await prefer(`code=${status}, example=${name}`), name);
});

test.each([
  ['example=throttled', 'throttled'],
  ['code=404', 'organization-not-found'],
  ['code="404"; example="tag-not-found"', 'tag-not-found'],
  ['respond-async, wait=10, CODE=429', 'throttled'],
  ['code=429, code=404', 'throttled'],
  ['dynamic=false, code=500', 'storage-failure'],
])('Prefer: %s returns the example %s', async (value, name) => {
  expectExample(await prefer(value), name);
});

test('Prefer: code=204 returns 204 and deletes nothing', async () => {
  for (const _ of [1, 2]) expect((await prefer('code=204')).status).toBe(204);
});

test('Other registered preferences are ignored (RFC 7240)', async () => {
  expect((await mock.deleteTag('v9', { Prefer: 'return=minimal, handling=strict' })).status).toBe(204);
});

test.each([
  ['code=418', '204, 400, 401, 403, 404, 429, 500'],
  ['code=abc', '204, 400, 401'],
  ['code=', '204, 400, 401'],
  ['code=0404', '204, 400, 401'],
  ['example=tag-not-fund', 'tag-not-found, throttled'],
  ['code=404, example=TYPO', 'organization-not-found, repository-not-found, tag-not-found'],
  ['code=404, example=throttled', 'organization-not-found, repository-not-found, tag-not-found'],
  ['code=204, example=tag-not-found', 'example=tag-not-found cannot be sent: 204 has no examples; leave example out'],
  ['exmple=tag-not-found', 'code=<status> and example=<name>'],
  ['tag-not-found', 'code=<status> and example=<name>'],
  ['dynamic=true', 'every answer is an example of the contract'],
  [`code=${'9'.repeat(5_000)}`, '204, 400, 401'],
])('Prefer: %s returns a 400 that lists the valid values', async (value, named) => {
  const answer = await prefer(value);
  const { errors, ...body } = JSON.parse(answer.body);
  expect(answer.status).toBe(400);
  expect(errors[0].detail).toContain(named);
  expect(errors[0].detail.length).toBeLessThan(700);
  expectExample(
    { ...answer, body: JSON.stringify({ ...body, errors: [{ ...errors[0], detail: '' }] }) },
    'malformed-request',
  );
});

test('Missing credentials and invalid names win over Prefer, as in the contract’s order of checks', async () => {
  expectExample(await mock.deleteTag('v1', { Prefer: 'code=500', 'X-Auth-Token': '' }), 'missing-credentials');
  expectExample(await mock.deleteTag('.v1', { Prefer: 'code=500' }), 'invalid-tag');
});
