// The docs page as a reader sees it, in Debian's Chromium.
import { readFile } from 'node:fs/promises';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser } from '../../support/browser.ts';
import { contract, operations } from '../../support/contract.ts';
import { areMissing } from '../../support/programs.ts';
import type { TestServer } from '../../support/server.ts';
import { actions, causes, oneLine, openPage, PAGE, samples, startDocsServer } from './docs.ts';

/** The visible text of a page, or of a part of it. */
const textOf = async (page: Page, selector = 'body') => oneLine(await page.locator(selector).innerText());

/** The page as people open it. */
const VIEWS = [
  { title: 'at 1400 pixels', view: { width: 1400 } },
  { title: 'at 390 pixels', view: { width: 390 } },
  { title: 'in the dark', view: { colorScheme: 'dark' } },
  { title: 'in the dark at 390 pixels', view: { width: 390, colorScheme: 'dark' } },
] as const;

/**
 * Goes to each link of the page that it runs in.
 * @returns those that show nothing, and one for each kind of element that they lead to
 */
async function followLinks(links: readonly string[]) {
  const lost: string[] = [];
  const kinds = new Map<string, string>();
  for (const link of links) {
    location.href = link;
    let target: Element | null = null;
    // The page's script may have to open what holds it.
    for (let frames = 0; frames < 300 && target === null; frames += 1) {
      await new Promise(requestAnimationFrame);
      target = [...document.querySelectorAll(':target')].find((one) => one.checkVisibility()) ?? null;
    }
    if (target === null || `#${target.id}` !== decodeURIComponent(location.hash)) lost.push(link);
    else kinds.set(`${target.parentElement?.tagName} ${target.tagName} ${target.className}`, link);
  }
  return { lost, kinds: [...kinds.values()] };
}

describe.skipIf(areMissing('chromium'))('The docs page', () => {
  let server: TestServer;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    server = await startDocsServer();
    url = `${server.url}/docs`;
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  describe.each([
    { title: 'with JavaScript', javaScriptEnabled: true },
    { title: 'without JavaScript', javaScriptEnabled: false },
  ])('$title', ({ javaScriptEnabled }) => {
    test('shows the operation, its rules, its parameters and every sample', async () => {
      const { page } = await openPage(browser, url, { javaScriptEnabled });
      const text = await textOf(page, 'main');
      for (const { path, method, operation } of operations) {
        expect(text).toContain(`${method.toUpperCase()} ${path}`);
        expect(text).toContain(operation.summary);
      }
      for (const words of ['Deletes the tag, and nothing else.', 'A second delete of the same tag', 'travels as $']) {
        expect(text).toContain(words);
      }
      for (const { name, schema } of Object.values<{ name: string; schema: { pattern: string } }>(
        contract.components.parameters,
      )) {
        expect(text).toContain(name);
        expect(text).toContain(schema.pattern);
      }
      expect(samples.length).toBeGreaterThan(2);
      for (const { label, source } of samples) expect(text).toContain(oneLine(`${label} ${source.trimEnd()}`));
      await page.context().close();
    });

    test('shows for every cause its status, code, message, whole body and what to do', async () => {
      const { page } = await openPage(browser, url, { javaScriptEnabled });
      for (const { name, status, value } of causes) {
        const text = await textOf(page, `article:has([id="${name}"])`);
        expect(text).toContain(`${status} ${name}`);
        expect(text).toContain(value.error_code);
        expect(text).toContain(`what to do ${actions.get(name)}`);
        expect(text).toContain(oneLine(JSON.stringify(value, null, 2)));
      }
      await page.context().close();
    });
  });

  test.each(VIEWS)('makes no other request and no complaint $title', async ({ view }) => {
    const { page, requests, complaints } = await openPage(browser, url, view);
    await page.getByRole('searchbox').fill('4040115');
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  describe('answers the questions of a reader', () => {
    /** Types into the search field. @returns the titles of the results */
    const searchFor = async (page: Page, text: string) => {
      await page.getByRole('searchbox', { name: 'Search' }).fill(text);
      return page.locator('#results a').allInnerTexts();
    };

    test.each([
      ['4040115', '404 tag-not-found', 'nothing: the tag is gone'],
      ['SVCSTG.SWR.4040113', '404 repository-not-found', 'check the name; send each / in it as $'],
      ['retry 500', '500 storage-failure', 'yes, with growing pauses'],
      ['team/app', 'Delete the image with a specified tag', 'send team/app as team$app'],
      ['slash', '404 api-not-found', 'send each / in a repository name as $'],
      ['The image tag does not exist', '404 tag-not-found', 'check the spelling; after a retry, nothing'],
      ['kubernetes', '', ''],
    ])('A search for %s leads to the answer', async (words, title, answer) => {
      const { page } = await openPage(browser, url);
      const found = await searchFor(page, words);
      if (title === '') {
        expect(found).toEqual([]);
        expect(await textOf(page, '#search')).toContain('0 found');
      } else {
        expect(found.slice(0, 2)).toContain(title);
        await page.locator('#results a', { hasText: title }).first().click();
        const id = new URL(page.url()).hash.slice(1);
        const target = page.locator(`[id="${id}"]`);
        await expect.poll(() => target.evaluate((element) => element.getBoundingClientRect().top)).toBeLessThan(100);
        expect(await textOf(page, 'main')).toContain(answer);
      }
      await page.context().close();
    });

    describe('for each error', () => {
      let page: Page;
      beforeAll(async () => {
        page = (await openPage(browser, url)).page;
      });
      afterAll(() => page.context().close());

      test.each(causes)(
        'The search finds $name by its name and by $value.error_code',
        async ({ name, status, value }) => {
          expect(await searchFor(page, value.error_code)).toContain(`${status} ${name}`);
          expect(await searchFor(page, name)).toContain(`${status} ${name}`);
        },
      );
    });

    test('By keyboard, Tab reaches the search, Enter goes to the first result', async () => {
      const { page } = await openPage(browser, url);
      const hasFocus = () => page.getByRole('searchbox').evaluate((input) => input === document.activeElement);
      for (let presses = 0; presses < 3 && !(await hasFocus()); presses += 1) await page.keyboard.press('Tab');
      expect(await hasFocus()).toBe(true);
      await page.keyboard.type('4040115');
      await page.keyboard.press('Enter');
      expect(page.url()).toBe(`${url}#tag-not-found`);
      await page.context().close();
    });
  });

  test('has a link of its own for every cause, every code and every sample', async () => {
    const { page } = await openPage(browser, url);
    const hrefs = await page.locator('main a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    for (const { name, value } of causes) {
      expect(hrefs).toContain(`#${name}`);
      expect(hrefs).toContain(`#${value.error_code}`);
    }
    expect(hrefs.filter((href) => href?.startsWith('#sample-'))).toHaveLength(samples.length);
    await page.context().close();
  });

  test.each([
    ['the server', () => url],
    ['a file', () => PAGE.href],
  ])('from %s has only links that lead somewhere, also in a new tab', async (_, address) => {
    const { page } = await openPage(browser, address());
    const links = await page.locator('a').evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
    expect(links.length).toBeGreaterThan(60);
    const [elsewhere, within] = [
      links.filter((link) => !link.includes('#')),
      links.filter((link) => link.includes('#')),
    ];
    for (const link of new Set(elsewhere)) {
      const { protocol, pathname } = new URL(link);
      const text = protocol === 'file:' ? await readFile(pathname, 'utf8') : await (await fetch(link)).text();
      expect(text).toContain(contract.info.title);
    }
    expect(within.filter((link) => !link.startsWith(`${address()}#`))).toEqual([]);
    const { lost, kinds } = await page.evaluate(followLinks, [...new Set(within)]);
    expect(lost).toEqual([]);
    // One of each kind after an empty page, which makes it load as in a new tab.
    for (const link of kinds) {
      await page.goto('about:blank');
      await page.goto(link, { waitUntil: 'commit' });
      await page.locator(':target').waitFor({ state: 'visible' });
    }
    await page.context().close();
  });

  test.each(VIEWS)('breaks no word and overflows nowhere $title', async ({ view }) => {
    const { page } = await openPage(browser, url, view);
    const { broken, wide } = await page.evaluate(() => {
      const isWide = (element: Element) => element.scrollWidth > element.clientWidth + 1;
      const elements = [document.documentElement, ...document.querySelectorAll('main, pre, table, td, nav')];
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const cut: string[] = [];
      for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
        for (const word of (text.textContent ?? '').matchAll(/\w+/g)) {
          const range = document.createRange();
          range.setStart(text, word.index);
          range.setEnd(text, word.index + word[0].length);
          if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) cut.push(word[0]);
        }
      }
      return {
        broken: cut.filter((word) => !/^(style|script)/i.test(word)),
        wide: elements.filter(isWide).map((element) => element.outerHTML.slice(0, 200)),
      };
    });
    expect(broken).toEqual([]);
    expect(wide).toEqual([]);
    await page.context().close();
  });

  test.each(VIEWS)('has no fault that axe-core finds $title', async ({ view }) => {
    const { page } = await openPage(browser, url, { ...view, bypassCSP: true });
    await page.getByRole('searchbox').fill('retry');
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate(
      (): Promise<AxeResults> => (globalThis as unknown as { axe: typeof axe }).axe.run(document),
    );
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    for (const rule of ['color-contrast', 'label', 'link-name']) expect(passes.map(({ id }) => id)).toContain(rule);
    await page.context().close();
  });
});
