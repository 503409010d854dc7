// How a server serves docs and contract: to browsers, caches and programs.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectExample } from '../../support/contract.ts';
import type { TestServer } from '../../support/server.ts';
import { ask, exchange, requestText } from '../../support/wire.ts';
import { buildDocs, PAGE, startDocsServer } from './docs.ts';

let server: TestServer;
let html: string;
let printed: string;
beforeAll(async () => {
  printed = buildDocs();
  html = await readFile(PAGE, 'utf8');
  server = await startDocsServer();
});
afterAll(() => server.close());

test('A build that succeeds prints nothing', () => {
  expect(printed).toBe('');
});

test('A reader can download the contract, byte for byte', async () => {
  const response = await fetch(`${server.url}/openapi.yaml`);
  expect(response.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
  expect(await response.text()).toBe(await readFile('openapi/openapi.yaml', 'utf8'));
});

describe('The page', () => {
  const get = (headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${server.url}/docs`, { method, headers: { 'Accept-Encoding': 'identity', ...headers } });

  /** The answer as it is on the wire: fetch would decode it. */
  const getBytes = async (coding: string) => {
    const text = requestText('GET /docs', { 'Accept-Encoding': coding, Connection: 'close' });
    const received = Buffer.from(await exchange(server.url, text), 'latin1');
    const end = received.indexOf('\r\n\r\n');
    return { head: received.subarray(0, end).toString(), body: received.subarray(end + 4) };
  };

  test.each([
    ['br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
  ])('is compressed for a caller that accepts %s, to less than a quarter', async (accepted, coding, decode) => {
    const { head, body } = await getBytes(accepted);
    expect(head.toLowerCase()).toContain(`content-encoding: ${coding}`);
    expect(head.toLowerCase()).toContain('vary: accept-encoding');
    expect(body.length).toBeLessThan(html.length / 4);
    expect(decode(body).toString('utf8')).toBe(html);
  });

  test('is never that of another version, such as when the server starts in the middle of a build', async () => {
    const copy = new URL(`${PAGE.href}.br`);
    const built = await readFile(copy);
    await writeFile(copy, brotliCompressSync('<p>another version</p>'));
    const other = await startDocsServer().finally(() => writeFile(copy, built));
    try {
      const response = await fetch(`${other.url}/docs`, { headers: { 'Accept-Encoding': 'br' } });
      expect(response.headers.get('content-encoding')).toBe(null);
      expect(await response.text()).toBe(html);
    } finally {
      await other.close();
    }
  });

  test('is sent as it is to a caller that accepts no coding', async () => {
    const response = await get();
    expect(response.headers.get('content-encoding')).toBe(null);
    expect(await response.text()).toBe(html);
  });

  test.each(['br', 'gzip', 'identity'])('is not sent again to a browser that has it (%s)', async (coding) => {
    // Not with fetch, which adds Cache-Control: no-cache to a request of its caller that has If-None-Match.
    const getAgain = (tag: string) =>
      exchange(server.url, requestText('GET /docs', { 'Accept-Encoding': coding, 'If-None-Match': tag }));
    const first = await get({ 'Accept-Encoding': coding });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\x21\x23-\x7e]+"$/);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const again = await getAgain(etag);
    expect(again).toMatch(/^HTTP\/1\.1 304 /);
    expect(again).toContain(`ETag: ${etag}`);
    expect(again).toMatch(/\r\n\r\n$/);
    expect(await getAgain('"another"')).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('has one entity tag for each coding', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (coding) => (await get({ 'Accept-Encoding': coding })).headers.get('etag')),
    );
    expect(new Set(tags).size).toBe(3);
  });

  test('answers HEAD with the headers and no body', async () => {
    const response = await get({}, 'HEAD');
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(html));
    expect(await response.text()).toBe('');
  });

  test('lets only its own script and styles run, by their hashes', async () => {
    const policy = (await get()).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const [, text = ''] of html.matchAll(/<(?:script|style)>([\s\S]*?)<\/(?:script|style)>/g)) {
      expect(policy).toContain(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
    }
    expect(html).not.toMatch(/ style=| on[a-z]+=/);
  });
});

describe('A browser is led to the page', () => {
  const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

  test.each(['/', '/docs/'])('from %s', async (path) => {
    const response = await fetch(server.url + path, { headers: { Accept: accept } });
    expect(response.redirected).toBe(true);
    expect(response.url).toBe(`${server.url}/docs`);
    expect(await response.text()).toBe(html);
  });

  test.each([
    ['/', 'docs'],
    ['/docs/', '../docs'],
  ])('from %s by a relative address, which works behind a proxy that adds a path', async (path, location) => {
    const response = await fetch(server.url + path, { headers: { Accept: accept }, redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(location);
  });

  test('but a program that asks for / gets 404 in the contract’s format', async () => {
    expectExample(await ask(server.url, requestText('GET /', { Connection: 'close' })), 'api-not-found');
    expectExample(await ask(server.url, requestText('DELETE /docs/', { Connection: 'close' })), 'api-not-found');
  });
});
