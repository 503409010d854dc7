// The rendered docs as a reader sees them, in Debian's Chromium.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveDocs } from '../../server/http/docs.ts';
import { contract, examples, operations } from '../support/contract.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { areMissing } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CHROMIUM = '/usr/bin/chromium';

let server: TestServer;
beforeAll(async () => {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'docs'], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  server = await startServer({ store: new MemoryStore(), docs: await serveDocs() });
}, 120_000);
afterAll(() => server.close());

test('A reader can download the contract, byte for byte', async () => {
  const response = await fetch(`${server.url}/openapi.yaml`);
  expect(response.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
  expect(await response.text()).toBe(await readFile('openapi/openapi.yaml', 'utf8'));
});

test('HEAD /docs returns the headers without a body', async () => {
  const response = await fetch(`${server.url}/docs`, { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100_000);
  expect(await response.text()).toBe('');
});

describe.skipIf(areMissing('chromium'))('In a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  }, 60_000);
  afterAll(() => browser.close());

  /** Opens the docs and scrolls until all parts are rendered. Records every request and every console problem. */
  async function openDocs(width: number): Promise<{ page: Page; requests: string[]; problems: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url())) requests.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`${server.url}/docs`);
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, 1_500);
          return page.locator('body').innerText();
        },
        { timeout: 20_000, interval: 200 },
      )
      .toContain('Responses');
    return { page, requests, problems };
  }

  test.each([1400, 420])(
    'At %i pixels a reader sees the rules and what to do on errors, without a request to another host and without console errors',
    async (width) => {
      const { page, requests, problems } = await openDocs(width);
      const text = await page.locator('body').innerText();
      expect(text).toContain(contract.info.title);
      for (const { name } of examples) expect(text).toContain(name);
      for (const words of [
        'Deletes the tag, and nothing else.',
        'A second delete of the same tag',
        'travels as $',
        'what to do',
      ]) {
        expect(text).toContain(words);
      }
      expect(requests).toEqual([`${server.url}/docs`]);
      expect(problems).toEqual([]);
      await page.close();
    },
  );
});

test('The rendered page contains the message of every example and the label of every sample', async () => {
  const html = await readFile('dist/docs/index.html', 'utf8');
  const [{ operation }] = operations as [(typeof operations)[number]];
  const embedded = (text: string) => JSON.stringify(text).slice(1, -1).replaceAll('<', '\\u003c');
  for (const { value } of examples)
    expect(html).toContain(embedded(value.error_msg).replaceAll('\\u003c', '<').slice(0, 60));
  for (const { label } of operation['x-codeSamples']) expect(html).toContain(label);
});
