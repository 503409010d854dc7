import { afterEach, describe, expect, test } from 'vitest';
import type { AppParts } from '../../../server/app.ts';
import type { AnyReply } from '../../../server/http/reply/reply.ts';
import { examples, expectExample } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer, type TestServer, TOKEN } from '../../support/server.ts';
import { ask, requestText } from '../../support/wire.ts';

const request = requestText('DELETE /v2/manage/namespaces/group/repos/busybox/tags/v1', {
  'X-Auth-Token': TOKEN,
  Connection: 'close',
});
const error = examples.find(({ name }) => name === 'tag-not-found')?.value;

let server: TestServer;
afterEach(() => server.close());

/** A server whose handler returns the test's reply, past the types. */
async function serverAnswering(reply: AnyReply): Promise<TestServer> {
  const handlers = { deleteRepoTag: async () => reply } as unknown as NonNullable<AppParts['handlers']>;
  return startServer({ store: new MemoryStore(), handlers });
}

describe('When a handler breaks the contract the caller gets 500, and the log says how', () => {
  test.each<[string, AnyReply, string]>([
    ['an undeclared status with a body', { status: 409, body: error }, 'the status 409 is not declared'],
    ['an undeclared status without a body', { status: 202 }, 'the status 202 is not declared'],
    ['a body on a 204', { status: 204, body: error }, 'a 204 has no body'],
    ['null as a body on a 204', { status: 204, body: null }, 'a 204 has no body'],
    [
      'an undeclared header',
      { status: 404, headers: { 'Set-Cookie': 'a=b' }, body: error },
      'the header Set-Cookie is not declared',
    ],
    ['no body on a 404', { status: 404 }, 'the body must be object'],
    [
      'a body of another shape',
      { status: 404, body: { error: 'gone' } },
      "the body must have required property 'errors'",
    ],
    [
      'an invalid code',
      { status: 404, body: { ...error, error_code: 'E1' } },
      'the body/error_code must match pattern',
    ],
    ['a broken 500', { status: 500, body: { oops: true } }, "the body must have required property 'errors'"],
    ['no Retry-After on a 429', { status: 429, body: error }, 'the header Retry-After is missing'],
    [
      'a Retry-After in words',
      { status: 429, headers: { 'Retry-After': 'soon' }, body: error },
      'the header Retry-After must be integer',
    ],
  ])('%s', async (_, reply, reason) => {
    server = await serverAnswering(reply);
    expectExample(await ask(server.url, request), 'storage-failure');
    expect(server.logged).toContainEqual(
      expect.objectContaining({
        status: 500,
        err: expect.objectContaining({ type: 'ContractBreach', message: expect.stringContaining(reason) }),
      }),
    );
  });
});

test('A reply that keeps the contract is sent unchanged', async () => {
  server = await serverAnswering({ status: 404, body: error });
  expect(await ask(server.url, request)).toMatchObject({ status: 404, body: JSON.stringify(error) });
});

test('A handler’s defect is answered 500, and only the log has the stack', async () => {
  const handlers = { deleteRepoTag: async () => Promise.reject(new TypeError('secret detail')) };
  server = await startServer({ store: new MemoryStore(), handlers });
  const answer = await ask(server.url, request);
  expectExample(answer, 'storage-failure');
  expect(answer.body).not.toContain('secret detail');
  expect(server.logged).toContainEqual(
    expect.objectContaining({ err: expect.objectContaining({ message: 'secret detail', stack: expect.any(String) }) }),
  );
});
