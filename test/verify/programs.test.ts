// The two programs beside the check, as a partner starts them: a faulty provider to try it on, and the description of
// the main paths.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readContract } from '../../verify/contract/read-contract.ts';
import { startProvider } from '../../verify/faulty-providers/provider.ts';
import { readFixtures } from '../../verify/fixtures.ts';
import { verifyProvider } from '../../verify/provider/verify-provider.ts';
import { startProcess } from '../mock/start-mock.ts';
import { runProcess } from '../support/command.ts';
import { temporaryDirectory } from '../support/programs.ts';

const built = (name: string) => fileURLToPath(new URL(`../../dist/verify/${name}/main.js`, import.meta.url));

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => directory.remove());

test('a faulty provider listens, and says how to check it', async () => {
  const command = [built('faulty-providers'), '--fault', 'body-on-204', '--fixtures', `${directory.path}/f.yaml`];
  const { child, url, ended, stdout } = startProcess(command, /verify -- (\S+) --fixtures \S+\n/);
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
  const { code, stderr } = await runProcess(process.execPath, [built('faulty-providers'), '--fault', 'nope']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('nope') });
});

test('the description of the main paths holds no secret', async () => {
  const { fixtures, close } = await startProvider();
  await close();
  const [file, out] = [`${directory.path}/fixtures.yaml`, `${directory.path}/main-paths.yaml`];
  await writeFile(file, stringify(fixtures));
  const { code } = await runProcess(process.execPath, [built('arazzo'), '--fixtures', file, '--out', out]);
  expect(code).toBe(0);
  const text = await readFile(out, 'utf8');
  expect(parse(text)).toMatchObject({ arazzo: '1.0.1', workflows: expect.arrayContaining([expect.anything()]) });
  for (const secret of Object.values(fixtures.credentials.allowed)) expect(text).not.toContain(secret);
});

test('fixtures without a token are refused: respect cannot sign', async () => {
  const { fixtures, close } = await startProvider();
  await close();
  const { token: _, ...allowed } = fixtures.credentials.allowed;
  const [file, out] = [`${directory.path}/fixtures.yaml`, `${directory.path}/main-paths.yaml`];
  await writeFile(file, stringify({ ...fixtures, credentials: { allowed } }));
  const { code, stderr } = await runProcess(process.execPath, [built('arazzo'), '--fixtures', file, '--out', out]);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('credentials.allowed.token') });
});
