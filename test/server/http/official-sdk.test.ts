import { afterEach, describe, expect, test } from 'vitest';
import { createTagClient } from '../../../client/index.ts';
import { examples } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import {
  ClientRequestException,
  ServerResponseException,
  sdkAuthorization,
  sdkDelete,
} from '../../support/official-sdk.ts';
import { KEYS, RESTRICTED_KEYS, startServer, type TestServer } from '../../support/server.ts';

let store: MemoryStore;
let server: TestServer;
afterEach(() => server.close());

async function start(options: Partial<Parameters<typeof startServer>[0]> = {}): Promise<void> {
  store = new MemoryStore('group/busybox:v1', 'group/busybox:release-1', 'group/team/app:v1', 'group/team/app:v2');
  server = await startServer({ store, protectedTags: /release-.*/, ...options });
}

const deleteTag = (repository: string, tag: string, keys = KEYS) =>
  sdkDelete(server.url, keys, { namespace: 'group', repository, tag });

/** The exception that the SDK throws; a success fails the test. */
const thrown = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error,
  );

/** What the SDK makes of an example of the contract. */
function exceptionOf(name: string) {
  const example = examples.find((one) => one.name === name);
  return {
    httpStatusCode: example?.status,
    errorCode: example?.value.error_code,
    errorMsg: example?.value.error_msg,
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  };
}

describe('The official SDK, unmodified,', () => {
  test('deletes a tag', async () => {
    await start();
    expect(await deleteTag('busybox', 'v1')).toMatchObject({ httpStatusCode: 204 });
    expect(store.tags).not.toContain('group/busybox:v1');
  });

  test.each(['team$app', 'team%24app'])('reaches a repository with a slash as %s', async (repository) => {
    await start();
    expect(await deleteTag(repository, 'v1')).toMatchObject({ httpStatusCode: 204 });
    expect(store.tags).not.toContain('group/team/app:v1');
  });

  test.each([
    ['invalid-repository', 'Busybox', 'v1', KEYS],
    ['invalid-tag', 'busybox', '.v1', KEYS],
    ['bad-signature', 'busybox', 'v1', { ...KEYS, secretKey: 'wrong' }],
    ['bad-signature', 'busybox', 'v1', { ...KEYS, accessKey: 'NOBODY' }],
    ['namespace-not-permitted', 'busybox', 'v1', RESTRICTED_KEYS],
    ['tag-protected', 'busybox', 'release-1', KEYS],
    ['repository-not-found', 'nope', 'v1', KEYS],
    ['tag-not-found', 'busybox', 'nope', KEYS],
  ])('gets %s as its own exception, with every field', async (name, repository, tag, keys) => {
    await start();
    const error = await thrown(deleteTag(repository, tag, keys));
    expect(error).toBeInstanceOf(ClientRequestException);
    expect(error).toMatchObject(exceptionOf(name));
  });

  test('gets expired-signature when its clock is wrong', async () => {
    await start({ clock: () => new Date(Date.now() + 16 * 60_000) });
    expect(await thrown(deleteTag('busybox', 'v1'))).toMatchObject(exceptionOf('expired-signature'));
  });

  test('gets 429 beyond the limit', async () => {
    await start({ requestsPerMinute: 1 });
    await deleteTag('busybox', 'v1');
    const error = await thrown(deleteTag('team$app', 'v1'));
    expect(error).toBeInstanceOf(ClientRequestException);
    expect(error).toMatchObject(exceptionOf('throttled'));
  });

  test('gets 500 when the storage fails', async () => {
    await start();
    store.failure = new Error('the disk is gone');
    const error = await thrown(deleteTag('busybox', 'v1'));
    expect(error).toBeInstanceOf(ServerResponseException);
    expect(error).toMatchObject(exceptionOf('storage-failure'));
  });
});

test.each(['busybox', 'team/app'])(
  'The SDK’s signer signs what this project’s client sends for %s in the same way',
  async (repository) => {
    await start();
    const sent: Request[] = [];
    const client = createTagClient({
      baseUrl: server.url,
      ...KEYS,
      now: () => new Date('2026-11-23T12:00:00Z'),
      fetch: async (request) => {
        sent.push(request);
        return new Response(null, { status: 204 });
      },
    });
    await client.deleteTag({ namespace: 'group', repository, tag: 'v1.2_x-3' });
    const [request] = sent;
    const theirs = sdkAuthorization('DELETE', request?.url ?? '', { 'X-Sdk-Date': '20261123T120000Z' }, KEYS);
    expect(request?.headers.get('authorization')).toBe(theirs);
  },
);
