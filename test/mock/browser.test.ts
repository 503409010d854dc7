// A front end under development: a page of another origin, in a real Chromium, calls the mock.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { areMissing } from '../support/programs.ts';
import { pathOf, startMock, type TestMock } from './start-mock.ts';

/** What a page can read of an answer. */
interface Seen {
  readonly status: number;
  readonly requestId: string | null;
  readonly retryAfter: string | null;
  readonly text: string;
}

describe.skipIf(areMissing('chromium'))('A page of another origin', () => {
  let browser: Browser;
  let site: Server;
  let page: Page;
  let mock: TestMock;
  beforeAll(async () => {
    browser = await startBrowser();
    site = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<title>front end</title>'),
    );
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });
  beforeEach(async () => {
    mock = await startMock({ isCorsOn: true });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  });
  afterEach(async () => {
    await page.close();
    await mock.close();
  });

  /** Calls the mock from the page, as its script would. */
  const call = (tag: string, options: RequestInit = {}): Promise<Seen> =>
    page.evaluate(
      async ([url, init]) => {
        const answer = await fetch(url, init);
        return {
          status: answer.status,
          requestId: answer.headers.get('X-Request-Id'),
          retryAfter: answer.headers.get('Retry-After'),
          text: await answer.text(),
        };
      },
      [mock.url + pathOf(tag), { method: 'DELETE', headers: { 'X-Auth-Token': 'any' }, ...options }] as const,
    );

  test('deletes a tag, and sees the 404 of a second delete with its request id', async () => {
    expect(await call('v1')).toMatchObject({ status: 204, requestId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const second = await call('v1');
    expect(second.status).toBe(404);
    const body = JSON.parse(second.text);
    expect(body.error_code).toBe('SVCSTG.SWR.4040115');
    expect(second.requestId).toBe(body.request_id);
  });

  test('reads Retry-After of a 429', async () => {
    const { status, retryAfter } = await call('mock-throttled');
    expect(status).toBe(429);
    expect(Number(retryAfter)).toBeGreaterThan(0);
  });

  test('sees errors from before the operation: 401, 404 of another path, 405', async () => {
    expect((await call('v1', { headers: {} })).status).toBe(401);
    expect((await call('v1/nowhere')).status).toBe(404);
    expect((await call('v1', { method: 'PUT' })).status).toBe(405);
  });

  test('can send cookies and signatures along', async () => {
    const headers = { 'X-Auth-Token': 'any', 'X-Mock-Session': 'page', 'Content-Type': 'application/json' };
    expect((await call('v1', { headers, credentials: 'include' })).status).toBe(204);
  });

  test('is refused by the browser when CORS is off', async () => {
    await mock.close();
    mock = await startMock({ isCorsOn: false });
    await expect(call('v1')).rejects.toThrow('Failed to fetch');
  });
});
