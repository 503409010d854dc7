// Every command of mock/README.md works as it is written there.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { COMMAND } from '../support/built.ts';
import { runProcess } from '../support/command.ts';
import { gatewayExamples } from '../support/contract.ts';
import { areMissing, temporaryDirectory } from '../support/programs.ts';
import { type MockProcess, startMockProcess } from './start-mock.ts';

const README = await readFile(new URL('../../mock/README.md', import.meta.url), 'utf8');
const blocksOf = (language: string) =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);

const [, ...shell] = blocksOf('sh');
const recipe = shell.find((block) => block.includes('--ready-file')) ?? '';
/** The commands that expect a running mock, a line each. */
const commands = blocksOf('sh')
  .filter((block) => block !== recipe)
  .flatMap((block) => block.replaceAll('\\\n', '').split('\n'))
  .filter((line) => line.startsWith('curl'));

describe.skipIf(areMissing('curl'))('The README', () => {
  let mock: MockProcess;
  let url: string;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    mock = startMockProcess();
    url = await mock.url;
    directory = await temporaryDirectory();
  });
  afterAll(async () => {
    mock.child.kill('SIGTERM');
    await mock.ended;
    await directory.remove();
  });

  test.each(commands)('has a command that gets its answer: %s', async (command) => {
    const { code, stdout } = await runProcess('sh', ['-c', command.replaceAll('http://127.0.0.1:4010', url)]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 (204|404|429) /);
  });

  test.each(gatewayExamples)(
    'says that $name cannot be asked for, and the refusal lists what can',
    async ({ name }) => {
      expect(README).toContain(`\`${name}\``);
      const target = `${url}/v2/manage/namespaces/group/repos/busybox/tags/mock-${name}`;
      const answer = await fetch(target, { method: 'DELETE', headers: { 'X-Auth-Token': 'any' } });
      const { errors } = await answer.json();
      expect(answer.status).toBe(400);
      expect(errors[0].detail).toMatch(/is not a scenario; valid are .*mock-tag-not-found, .*mock-reset/);
    },
  );

  test('has a recipe for CI that starts the mock, waits, deletes a tag and stops it', async () => {
    const script = recipe.replace('npx swr-tag-delete', `node ${COMMAND}`);
    expect(script).not.toBe(recipe);
    const { code, stderr } = await runProcess('sh', ['-ec', `cd ${directory.path}\n${script}\nwait\nls`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const log = await readFile(`${directory.path}/mock.log`, 'utf8');
    expect(log).toContain('"status":204');
  });

  test('has a health check for docker compose that succeeds only while the mock answers', async () => {
    const [compose] = blocksOf('yaml').map((text) => parse(text)) as [
      { services: { swr: { command: string[]; healthcheck: { test: string[] } } } },
    ];
    const [, ...command] = compose.services.swr.healthcheck.test;
    const check = (address: string) => {
      const [program = '', ...args] = command.map((one) => one.replace('http://127.0.0.1:4010', address));
      return runProcess(program, args);
    };
    expect((await check(url)).code).toBe(0);
    expect((await check('http://127.0.0.1:9')).code).toBe(1);
  });

  test('has a command for docker compose that the image understands', async () => {
    const [compose] = blocksOf('yaml').map((text) => parse(text)) as [{ services: { swr: { command: string[] } } }];
    const { code, stdout } = await runProcess('node', [COMMAND, ...compose.services.swr.command, '--help']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('--host <host>') });
  });

  test('names every option of --help, and no other', async () => {
    const { stdout } = await runProcess('node', [COMMAND, 'mock', '--help']);
    const optionsIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name).toSorted();
    const named = optionsIn(README, /^\| `(--[a-z-]+)/gm);
    expect(named).toEqual(optionsIn(stdout, /^ {2}(--[a-z-]+)/gm));
  });
});
