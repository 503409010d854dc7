// The interactive view of the docs: Redoc's page, with links that work.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mendRedoc } from '../../../openapi/docs/redoc.js';
import { startBrowser } from '../../support/browser.ts';
import { areMissing } from '../../support/programs.ts';
import type { TestServer } from '../../support/server.ts';
import { buildDocs, openPage, PAGE, startDocsServer } from './docs.ts';

describe.skipIf(areMissing('chromium'))('The interactive view', () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    buildDocs();
    server = await startDocsServer();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  describe.each([
    ['the server', () => `${server.url}/redoc.html`],
    ['a file', () => new URL('redoc.html', PAGE).href],
  ])('from %s', (_, address) => {
    test('loads nothing from elsewhere, and makes no complaint', async () => {
      const { page, requests, complaints } = await openPage(browser, address());
      await expect.poll(() => page.locator('body').innerText()).toContain('Outside the operation');
      expect(requests.filter((url) => !url.startsWith('blob:'))).toEqual([address()]);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test('has section links that lead to their section, in a new tab too', async () => {
      const { page } = await openPage(browser, address());
      const links = page.locator('a[href^="#/section/"]');
      await expect.poll(() => links.count()).toBeGreaterThan(2);
      expect(await page.locator('a[href^="/"]').count()).toBe(0);
      const hrefs = await links.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
      for (const href of new Set(hrefs)) {
        const tab = await page.context().newPage();
        await tab.goto(href);
        const title = href.replace(/.*\//, '').replaceAll('-', ' ');
        const heading = tab.getByRole('heading', { name: new RegExp(`${title}$`, 'i') });
        await expect.poll(() => heading.evaluate((one) => one.getBoundingClientRect().top)).toBeLessThan(200);
        expect(tab.url()).toBe(href);
        await tab.close();
      }
      await page.context().close();
    });
  });
});

test('A new version of Redoc whose router is not found fails the build', () => {
  expect(() => mendRedoc('<div id="redoc"><script></script>')).toThrow('Redoc has changed');
});
