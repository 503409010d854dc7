import { describe, expect, test } from 'vitest';
import { createSignatureVerifier } from '../../../server/http/auth/signature.ts';
import { sha256 } from '../../../signature/canonical-request.ts';
import { ALGORITHM, formatDate, signatureOf } from '../../../signature/sign.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { KEYS, startServer } from '../../support/server.ts';
import { ask, requestText } from '../../support/wire.ts';

const principal = { name: 'p', ...KEYS, namespaces: ['*'] };
const verify = createSignatureVerifier([principal]);
const DATE = formatDate(new Date());
const TARGET = '/v2/manage/namespaces/group/repos/busybox/tags/v1';
const NO_BODY = Buffer.alloc(0);

/** The headers of a signed request, its signature among them. */
function signed(headers: Record<string, string>, bodyHash: string, { method = 'DELETE', target = TARGET } = {}) {
  const all: Record<string, string> = { 'x-sdk-date': DATE, ...headers };
  const signature = signatureOf({ method, target, headers: all, bodyHash }, DATE, KEYS.secretKey);
  const names = Object.keys(all).toSorted().join(';');
  return {
    ...all,
    authorization: `${ALGORITHM} Access=${KEYS.accessKey}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

const verified = (headers: Record<string, string> & { authorization: string }, changes: object = {}) =>
  verify({
    authorization: headers.authorization,
    method: 'DELETE',
    target: TARGET,
    headers,
    body: NO_BODY,
    ...changes,
  });

describe('A signature covers', () => {
  const headers = signed({ host: 'a.example' }, sha256(''));

  test('what it was made for', () => {
    expect(verified(headers)).toBe(principal);
  });

  test.each([
    ['another method', { method: 'GET' }],
    ['another path', { target: TARGET.replace('v1', 'v2') }],
    ['a query', { target: `${TARGET}?a=b` }],
    ['another host', { headers: { ...headers, host: 'b.example' } }],
    ['another date', { headers: { ...headers, 'x-sdk-date': formatDate(new Date(Date.now() + 1_000)) } }],
    ['a body', { body: Buffer.from('{}') }],
  ])('and not %s', (_, changes) => {
    expect(verified(headers, changes)).toBe('bad-signature');
  });
});

test('A slash that a signer decodes before it signs is no wrong signature: the answer says how to send it', async () => {
  const server = await startServer({ store: new MemoryStore('group/team/app:v1') });
  try {
    const target = '/v2/manage/namespaces/group/repos/team%2Fapp/tags/v1';
    const headers = signed({}, sha256(''), { target: decodeURIComponent(target) });
    const answer = await ask(server.url, requestText(`DELETE ${target}`, { ...headers, Connection: 'close' }));
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringContaining('Send a slash in the name as a dollar'),
    });
  } finally {
    await server.close();
  }
});

describe('X-Sdk-Content-Sha256', () => {
  const body = Buffer.from('{"a":1}');

  test('stands for the body whose hash it is', () => {
    const headers = signed({ 'x-sdk-content-sha256': sha256(body) }, sha256(body));
    expect(verified(headers, { body })).toBe(principal);
    expect(verified(headers, { body: Buffer.from('{"a":2}') })).toBe('bad-signature');
  });

  test('UNSIGNED-PAYLOAD allows any body if it was signed so', () => {
    const headers = signed({ 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' }, 'UNSIGNED-PAYLOAD');
    expect(verified(headers, { body })).toBe(principal);
    const added = { ...signed({}, sha256('')), 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' };
    expect(verified(added, { headers: added, body })).toBe('bad-signature');
  });
});

test('A request with an absolute target is signed by its path', async () => {
  const server = await startServer({ store: new MemoryStore('group/busybox:v1') });
  // The test's own request line has the Host already.
  const { host: _, ...headers } = signed({ host: 'localhost' }, sha256('')) as Record<string, string>;
  const answer = await ask(server.url, requestText(`DELETE http://elsewhere${TARGET}`, headers));
  await server.close();
  expect(answer.status).toBe(204);
});
