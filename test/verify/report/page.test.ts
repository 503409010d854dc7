// The page and the XML as their readers open them: in Debian's Chromium.
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { junitOf } from '../../../verify/report/junit.ts';
import type { Report } from '../../../verify/report/model.ts';
import { writeReports } from '../../../verify/report/write-reports.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { finding, HOSTILE, hostile, mixed, reportOf } from './samples.ts';

describe.skipIf(areMissing('chromium'))('in a browser', () => {
  let browser: Browser;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await directory.remove();
  });

  /** Opens the page of a report as a mail's attachment is opened: from a file. */
  async function open(report: Report, options: Parameters<Browser['newPage']>[0] = {}) {
    await writeReports(report, directory.path);
    const page = await browser.newPage(options);
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => void requests.push(request.url()));
    page.on('console', (message) => void problems.push(message.text()));
    page.on('pageerror', (error) => void problems.push(error.message));
    const url = `file://${directory.path}/provider-check.html`;
    await page.goto(url);
    return { page, problems, foreign: requests.filter((request) => request !== url) };
  }

  test('the first screen says what to mend, where, and how often', async () => {
    const { page, problems, foreign } = await open(mixed, { viewport: { width: 1100, height: 700 } });
    expect(await page.locator('h1').textContent()).toMatch(/^Breaks base in 2 ways\./);
    const blocks = page.locator('article');
    expect(await blocks.count()).toBe(2);
    expect(await blocks.first().textContent()).toContain('The answer has no X-Request-Id header; it is required.');
    expect(await blocks.first().textContent()).toContain('3 cases');
    expect((await blocks.first().boundingBox())?.y).toBeLessThan(700);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(2_100);
    expect([...problems, ...foreign]).toEqual([]);
    await page.close();
  });

  test('every violation is there with rule, exchange and curl line; every open case with its fixture', async () => {
    const { page } = await open(mixed);
    const text = (await page.locator('main').textContent()) ?? '';
    for (const { clause, message, exchange } of mixed.findings.flatMap(({ violations }) => violations)) {
      for (const part of [clause ?? '', message, exchange?.curl ?? '']) expect(text).toContain(part);
    }
    expect(text).toContain('{"deleted":"v1"}');
    expect(await page.locator('.open').textContent()).toContain('provoke.429');
    expect(await page.locator('tr', { hasText: 'throttled' }).textContent()).toMatch(/429throttled––1/);
    expect(text).not.toContain('%');
    await page.close();
  });

  test('what a provider answers is text: no script runs, nothing is loaded, the policy has nothing to stop', async () => {
    const { page, problems, foreign } = await open(hostile);
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('script, img').count()).toBe(0);
    expect(await page.locator('pre').first().textContent()).toContain('</pre><script>document.title="owned"</script>');
    expect([...problems, ...foreign]).toEqual([]);
    await page.close();
  });

  test('even a script that got into the page would not run', async () => {
    const { page } = await open(mixed);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      document.body.append(script);
    });
    expect(await page.title()).not.toBe('owned');
    await page.close();
  });

  test.each([['light'], ['dark']] as const)('text stands out from its ground, %s', async (colorScheme) => {
    const { page } = await open(mixed, { colorScheme });
    const faint = await page.evaluate(FAINT_TEXT);
    expect(faint).toEqual([]);
    await page.close();
  });

  test.each([420, 1100])('at %i pixels nothing sticks out', async (width) => {
    for (const report of [mixed, hostile]) {
      const { page } = await open(report, { viewport: { width, height: 800 } });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.close();
    }
  });

  test('on paper nothing is folded away', async () => {
    const { page } = await open(mixed, { colorScheme: 'dark' });
    const folded = page.locator('details .exchange').first();
    expect(await folded.evaluate((element) => element.checkVisibility({ contentVisibilityAuto: true }))).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await folded.evaluate((element) => element.checkVisibility({ contentVisibilityAuto: true }))).toBe(true);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
    await page.close();
  });

  test('headings, landmarks, language and table headers are there for those who listen', async () => {
    const { page } = await open(mixed);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.locator('h1').count()).toBe(1);
    expect(await page.getByRole('columnheader').allTextContents()).toContain('Not verified');
    await page.locator('#coverage + details').evaluate((element) => element.setAttribute('open', ''));
    expect(await page.getByRole('rowheader').allTextContents()).toContain('throttled');
    for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
      expect(await page.getByRole(landmark).count()).toBe(1);
    }
    await page.close();
  });

  /** Parses XML as strictly as XML asks for. */
  async function parse(xml: string) {
    const page = await browser.newPage();
    const parsed = await page.evaluate((text) => {
      const parsedXml = new DOMParser().parseFromString(text, 'application/xml');
      const attributes = (name: string) =>
        [...parsedXml.querySelectorAll(name)].map((element) =>
          Object.fromEntries([...element.attributes].map((attribute) => [attribute.name, attribute.value])),
        );
      return {
        error: parsedXml.querySelector('parsererror')?.textContent ?? undefined,
        root: attributes('testsuites')[0],
        cases: attributes('testcase').length,
        failures: [...parsedXml.querySelectorAll('testcase > failure')].map((one) => one.textContent),
        skipped: [...parsedXml.querySelectorAll('testcase:has(> skipped) > system-out')].map((one) => one.textContent),
      };
    }, xml);
    await page.close();
    return parsed;
  }

  test('JUnit: violated is a failure, not verified is skipped, and the rest has passed', async () => {
    const { error, root, cases, failures, skipped } = await parse(junitOf(mixed));
    expect(error).toBeUndefined();
    expect(root).toMatchObject({ tests: '8', failures: '4', skipped: '1', errors: '0' });
    expect(cases).toBe(8);
    expect(failures[0]).toContain('HTTP/1.1 200 OK');
    expect(skipped).toEqual(['nothing was throttled during the run\nFixture that would arrange it: provoke.429']);
  });

  test('JUnit: what XML forbids and what would end a section do not spoil the file', async () => {
    const { error, failures } = await parse(junitOf(hostile));
    expect(error).toBeUndefined();
    expect(failures[0]).toContain('\\x00\\x08\\u{fffe}\\u{d800}\\u{202e}BACKWARDS\\u{2028}]]\\><!-- ');
  });

  test('JUnit: every single character of the first plane leaves a file that parses', async () => {
    const every = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).join(' ');
    const violations = [
      { rule: '#/x', message: every.slice(0, 40_000) },
      { rule: every, message: HOSTILE },
    ];
    const { error } = await parse(junitOf(reportOf([finding({ title: every, verdict: 'violated', violations })])));
    expect(error).toBeUndefined();
  });
});

/** Text whose contrast with its ground is below what WCAG 2.1 asks for (4.5 : 1). Runs in the page. */
const FAINT_TEXT = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 && element.parentElement ? ground(element.parentElement) : colour;
  };
  return [...document.body.querySelectorAll('*')].filter((element) => {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')) return false;
    const [light, dark] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05) < 4.5;
  }).map((element) => element.outerHTML.slice(0, 80));
})()`;
