// SWR_TOKEN_COMMAND: a token that a command gives, and gives again when it has expired.
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runTokenCommand } from '../../../client/command/token-command.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { TOKEN } from '../../support/server.ts';
import { references, runAgainst, useServer } from './setting.ts';

const setting = useServer();
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

const runWith = (command: string, args: string[]) => setting.run(args, { env: { SWR_TOKEN_COMMAND: command } });

test('Its output is the token, and it runs once for many deletes', async () => {
  const { code } = await runWith(`echo x >> ${directory.path}/runs; echo ${TOKEN}`, references);
  expect(code).toBe(0);
  expect(setting.store.tags).toEqual(['group/team/app:v1']);
  expect(await readFile(`${directory.path}/runs`, 'utf8')).toBe('x\n');
});

test('It runs again when a token has expired in the middle of a list', async () => {
  const tokens = `${directory.path}/tokens`;
  await writeFile(tokens, 't1\n');
  let deleted = 0;
  const command = `tail -n 1 ${tokens}; echo t2 >> ${tokens}`;
  const { code, stderr } = await runAgainst(
    (request, response) => {
      const isValid = request.headers['x-auth-token'] === (deleted < 3 ? 't1' : 't2');
      if (isValid) deleted += 1;
      response.writeHead(isValid ? 204 : 401).end();
    },
    ['--concurrency', '2', ...references],
    { env: { SWR_TOKEN_COMMAND: command } },
  );
  expect(stderr).toMatch(/^deleted 6 in/);
  expect(code).toBe(0);
});

describe('Nothing is sent, and its output is not shown,', () => {
  test.each([
    ['echo SECRET; exit 3', 'SWR_TOKEN_COMMAND ended with 3'],
    ['true', 'SWR_TOKEN_COMMAND wrote no token'],
    ['no-such-program-anywhere', 'SWR_TOKEN_COMMAND ended with 127'],
    ['kill -9 $$', 'SWR_TOKEN_COMMAND ended with SIGKILL'],
    // A table, because `-f value -c id` was left out.
    ["printf '+----+\\n| SECRET |\\n'", 'the output of SWR_TOKEN_COMMAND holds a character that no header can carry'],
    ['yes SECRET', 'SWR_TOKEN_COMMAND wrote more than 65536 characters'],
  ])('if the command is %s', async (command, message) => {
    const { code, stdout, stderr } = await runWith(command, references);
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toContain('Nothing was deleted.');
    expect(stdout + stderr).not.toContain('SECRET');
    expect(code).toBe(1);
    expect(setting.requestCount()).toBe(0);
  });
});

test('If it fails later, the rest of the list is not tried', async () => {
  const once = `${directory.path}/once`;
  const { code, stdout } = await setting.run(['--concurrency', '1', ...references], {
    env: { SWR_TOKEN_COMMAND: `test ! -e ${once} && touch ${once} && echo wrong` },
  });
  expect(stdout).toContain('failed group/busybox:v1: no token: SWR_TOKEN_COMMAND ended with 1');
  expect(stdout).toContain('not-tried group/busybox:v6');
  expect(code).toBe(1);
});

test('--dry-run does not run it', async () => {
  const { code } = await runWith(`touch ${directory.path}/ran; echo ${TOKEN}`, ['--dry-run', ...references]);
  expect(code).toBe(0);
  await expect(readFile(`${directory.path}/ran`)).rejects.toThrow('ENOENT');
});

test('A token beside it is refused: only one of them can be used', async () => {
  const env = { SWR_TOKEN: TOKEN, SWR_TOKEN_COMMAND: `echo ${TOKEN}` };
  const { code, stderr } = await setting.run(references, { env });
  expect(stderr).toContain('only one of them can be used');
  expect(code).toBe(2);
});

test('An interrupt ends it with its children', async () => {
  const stop = new AbortController();
  const started = `${directory.path}/started`;
  const running = runTokenCommand(`echo $$ > ${started}; sleep 1000 | sleep 1000`, stop.signal);
  const failure = expect(running).rejects.toThrow('was interrupted');
  const group = async () => Number(await readFile(started, 'utf8').catch(() => '0'));
  await expect.poll(group).toBeGreaterThan(0);
  const pid = await group();
  stop.abort();
  await failure;
  await expect.poll(() => isAlive(-pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
