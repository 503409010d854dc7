// The systemd unit. `systemd-analyze` judges it without a running systemd.
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runProcess } from '../../support/command.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';

const folder = new URL('../../../server/deploy/', import.meta.url);
const unitFile = new URL('swr-tag-delete.service', folder).pathname;
const isMissing = areMissing('systemd-analyze');

test.skipIf(isMissing)('systemd understands every line of the unit', async () => {
  const { path, remove } = await temporaryDirectory();
  // Node may be elsewhere here.
  const unit = (await readFile(unitFile, 'utf8')).replace('ExecStart=node', `ExecStart=${process.execPath}`);
  await writeFile(`${path}/swr-tag-delete.service`, unit);
  const run = runProcess('systemd-analyze', ['verify', '--man=no', `${path}/swr-tag-delete.service`]);
  expect(await run.finally(remove)).toEqual({ code: 0, stdout: '', stderr: '' });
});

test.skipIf(isMissing)('The unit is as hardened as the page says', async () => {
  const { stdout } = await runProcess('systemd-analyze', ['security', '--offline=yes', '--no-pager', unitFile]);
  const [, exposure] = /exposure level for swr-tag-delete\.service: ([\d.]+)/.exec(stdout) ?? [];
  expect(await readFile(new URL('README.md', folder), 'utf8')).toContain(`an exposure of ${exposure} of 10`);
});
