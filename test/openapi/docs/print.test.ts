// The printed docs: paper has no scroll bar and no tabs.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { startBrowser } from '../../support/browser.ts';
import { operations } from '../../support/contract.ts';
import { areMissing, run, temporaryDirectory } from '../../support/programs.ts';
import { actions, buildDocs, causes, openPage, PAGE, samples } from './docs.ts';

/** Paper breaks lines at spaces and hyphens, and pdftotext keeps the breaks: white space does not count. */
const dense = (text = '') => text.replaceAll(/\s/g, '');

/** pdftotext has no --version that ends with 0: what counts is whether it starts. */
const isPrinterMissing = areMissing('chromium') || spawnSync('pdftotext', ['-v']).error !== undefined;

describe.skipIf(isPrinterMissing && process.env['CI'] !== 'true')('On paper', () => {
  test('a reader has the whole operation with all error bodies and samples', async () => {
    buildDocs();
    const browser = await startBrowser();
    const directory = await temporaryDirectory();
    try {
      const { page } = await openPage(browser, PAGE.href);
      await writeFile(`${directory.path}/docs.pdf`, await page.pdf({ format: 'A4' }));
      const text = dense(await run('pdftotext', '-layout', `${directory.path}/docs.pdf`, '-'));
      for (const { operation } of operations) expect(text).toContain(dense(operation.summary));
      for (const { name, status, value } of causes) {
        expect(text).toContain(dense(`${status} ${name}`));
        expect(text).toContain(value.error_code);
        expect(text).toContain(dense(`"error_msg": "${value.error_msg}"`));
        expect(text).toContain(dense(`"errorMessage": "${value.error_msg}"`));
        expect(text).toContain(dense(`what to do ${actions.get(name)}`));
      }
      for (const { label, source } of samples) {
        expect(text).toContain(dense(label));
        for (const line of source.trimEnd().split('\n')) expect(text).toContain(dense(line));
      }
      expect(text).not.toContain('Search');
    } finally {
      await browser.close();
      await directory.remove();
    }
  });
});
