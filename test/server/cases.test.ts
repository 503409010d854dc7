import { afterEach, describe, expect, test } from 'vitest';
import { cases, images, protectedTags } from '../cases.ts';
import { examples, expectExample, expectFixedHeaders } from '../support/contract.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { brokenChecks, startServer, type TestServer } from '../support/server.ts';
import { ask, requestText } from '../support/wire.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('The server answers as the contract declares', () => {
  test.each(cases)('$status $example: $title', async ({ path, headers, status, example, given }) => {
    const store = new MemoryStore(...images);
    if (given === 'storage-failure') store.failure = new Error('the disk is gone');
    server = await startServer({
      store,
      protectedTags,
      requestsPerMinute: given === 'throttled' ? 1 : 0,
      checks: given === 'authentication-unavailable' ? brokenChecks : undefined,
    });
    const request = requestText(`DELETE ${path}`, { ...headers, Connection: 'close' });
    if (given === 'throttled') await ask(server.url, request);

    const answer = await ask(server.url, request);

    expect(answer.status).toBe(status);
    if (example !== undefined) return expectExample(answer, example);
    expectFixedHeaders(answer);
    // RFC 9110, 15.3.5: a 204 has no content, and so neither of the headers that announce one (RFC 9112, 6.1; RFC 9110, 8.6).
    expect(answer.body).toBe('');
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(answer.headers).not.toHaveProperty('transfer-encoding');
    expect(answer.headers).not.toHaveProperty('content-type');
  });
});

test('Every named example of the contract has a case that provokes it', () => {
  const provoked = new Set(cases.map(({ example }) => example));
  expect(examples.map(({ name }) => name).filter((name) => !provoked.has(name))).toEqual([]);
});
