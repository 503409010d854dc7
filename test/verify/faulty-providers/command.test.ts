// A faulty provider, as a partner starts it to see what the check says.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import { readFixtures } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import { startProcess } from '../../mock/start-mock.ts';
import { COMMAND } from '../../support/built.ts';
import { runProcess } from '../../support/command.ts';
import { temporaryDirectory } from '../../support/programs.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => directory.remove());

test('a faulty provider listens, and says how to check it', async () => {
  const command = [COMMAND, 'faulty-provider', '--fault', 'body-on-204', '--fixtures', `${directory.path}/f.yaml`];
  const { child, url, ended, stdout } = startProcess(command, /verify (\S+) --fixtures \S+\n/);
  const report = await verifyProvider({
    baseUrl: await url,
    fixtures: await readFixtures(/--fixtures (\S+)/.exec(stdout())?.[1] ?? ''),
    contract: await readContract(),
  });
  expect(report.findings.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id)).toContain('delete/twice');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('a fault that there is not is named', async () => {
  const { code, stderr } = await runProcess(process.execPath, [COMMAND, 'faulty-provider', '--fault', 'nope']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('nope') });
});
