// Every example of the contract can be requested without a header, for code and SDKs that cannot set Prefer.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTagClient, TagDeleteError } from '../../client/index.ts';
import { examples, expectExample } from '../support/contract.ts';
import { ClientRequestException, ServerResponseException, sdkDelete } from '../support/official-sdk.ts';
import { KEYS } from '../support/server.ts';
import { startMock, type TestMock } from './start-mock.ts';

let mock: TestMock;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

/** The error of a call that must fail. */
const thrown = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error,
  );

const image = (tag: string) => ({ namespace: 'group', repository: 'busybox', tag });

describe('The tag mock-<example name> returns that example', () => {
  test.each(examples)('The mock returns $status $name, as often as it is requested', async ({ name, headers }) => {
    for (const _ of [1, 2]) {
      const answer = await mock.deleteTag(`mock-${name}`);
      expectExample(answer, name);
      for (const [header, value] of Object.entries(headers)) {
        // The contract's example of Retry-After is 30; no unit test should wait for that.
        const expected = header === 'Retry-After' ? '1' : String(value);
        if (header !== 'X-Request-Id') expect(answer.headers[header.toLowerCase()]).toBe(expected);
      }
    }
  });

  test.each(examples)('The typed client throws an error for $status $name', async ({ name, status, value }) => {
    const client = createTagClient({ baseUrl: mock.url, token: 'any', retry: { retries: 0 } });
    const error = await thrown(client.deleteTag(image(`mock-${name}`)));
    expect(error).toBeInstanceOf(TagDeleteError);
    expect(error).toMatchObject({
      ...{ status, code: value.error_code, requestId: expect.stringMatching(/^[0-9a-f]{32}$/) },
      message: expect.stringContaining(value.error_msg),
    });
  });

  test.each(examples)('The official SDK throws an error for $status $name', async ({ name, status, value }) => {
    const error = await thrown(sdkDelete(mock.url, KEYS, image(`mock-${name}`)));
    expect(error).toBeInstanceOf(status < 500 ? ClientRequestException : ServerResponseException);
    expect(error).toMatchObject({ httpStatusCode: status, errorCode: value.error_code, errorMsg: value.error_msg });
  });

  test('A misspelt scenario returns a 400 that lists all of them, never a silent 204', async () => {
    const { status, body } = await mock.deleteTag('mock-tag-not-fund');
    expect(status).toBe(400);
    for (const { name } of examples) expect(body).toContain(`mock-${name}`);
  });
});

describe('Throttling is bearable in a unit test', () => {
  const client = (url: string) => createTagClient({ baseUrl: url, token: 'any', retry: { retries: 1 } });

  test('The typed client waits for 1 s, tries again, and throws a 429 with Retry-After', async () => {
    const error = await thrown(client(mock.url).deleteTag(image('mock-throttled')));
    expect(error).toMatchObject({ status: 429, code: 'APIGW.0308', retryAfter: 1 });
  });

  test.each([{ Prefer: 'code=429' }, {}])(
    'Retry-After is the one that the mock was started with (%j)',
    async (headers) => {
      const slow = await startMock({ retryAfterSeconds: 77 });
      const answer = await slow.deleteTag('mock-throttled', headers);
      expectExample(answer, 'throttled');
      expect(answer.headers['retry-after']).toBe('77');
      await slow.close();
    },
  );
});

describe('A tag is deleted', () => {
  test('The typed client deletes a tag once, with a token or a signature', async () => {
    const client = createTagClient({ baseUrl: mock.url, token: 'any' });
    const slash = { namespace: 'group', repository: 'team/app', tag: 'v1' };
    expect(await client.deleteTag(slash)).toMatchObject({ outcome: 'deleted', tries: 1 });
    expect(await thrown(client.deleteTag(slash))).toMatchObject({ status: 404 });
    const signing = createTagClient({ baseUrl: mock.url, ...KEYS });
    expect(await signing.deleteTag({ ...slash, tag: 'v2' })).toMatchObject({ outcome: 'deleted' });
  });

  test('The official SDK deletes a tag once', async () => {
    expect(await sdkDelete(mock.url, KEYS, image('sdk'))).toMatchObject({ httpStatusCode: 204 });
    expect(await thrown(sdkDelete(mock.url, KEYS, image('sdk')))).toMatchObject({ httpStatusCode: 404 });
  });
});
