// A program that never stops writing index.json: the delete gives up, says that the repository is busy, and changes nothing.
import { utimesSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { LayoutIndex, type VersionCache } from '../../../../server/stores/layout/layout-index.ts';
import { temporaryDirectory } from '../../../support/programs.ts';
import { outcome, silent, writeLayout } from './synthetic.ts';

test('A delete that another program interrupts at each attempt is busy, and leaves everything as it was', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const layout = `${directory.path}/group/app`;
  await writeLayout(layout, ['v1', 'v2']);
  const before = { index: await readFile(`${layout}/index.json`), files: await readdir(layout) };

  let writes = 0;
  const writtenOnceRead: VersionCache = {
    get: () => undefined,
    delete: () => undefined,
    set: () => {
      writes += 1;
      utimesSync(`${layout}/index.json`, writes, writes);
    },
  };
  const index = new LayoutIndex(layout, writtenOnceRead, silent);
  expect(await outcome(index.deleteTags(new Set(['v1'])))).toBe('busy');
  expect(writes).toBeGreaterThan(100);
  expect({ index: await readFile(`${layout}/index.json`), files: await readdir(layout) }).toEqual(before);
});
