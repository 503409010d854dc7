// A new caller, from the command to its first delete.
import { expect, test } from 'vitest';
import { COMMAND } from '../support/built.ts';
import { runCommand, runProcess } from '../support/command.ts';
import { areMissing } from '../support/programs.ts';
import { useServerProcesses } from '../support/server-processes.ts';

const servers = useServerProcesses();

/** Starts a server with what the command wrote to standard output as its credentials file. */
async function serverWith(file: string): Promise<string> {
  return servers.start({ DATA_DIR: servers.dataDir, CREDENTIALS_FILE: await servers.credentialsFile(file) }).url;
}

test('A token that the command makes deletes in its namespaces and nowhere else, and is not in the file', async () => {
  const { code, stdout, stderr } = await runCommand(['token', '--name', 'ci', '--namespaces', 'gr*,web']);
  expect(code).toBe(0);
  const [, token = ''] = /only now: (\S+)\n/.exec(stderr) ?? [];
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(stdout).not.toContain(token);
  expect(stderr).toMatch(/\nThe entry for CREDENTIALS_FILE was written to standard output\.\n$/);
  const endpoint = await serverWith(stdout);
  const env = { SWR_TOKEN: token };
  expect(await runCommand(['--endpoint', endpoint, 'group/busybox:v1'], { env })).toMatchObject({ code: 0 });
  expect(await runCommand(['--endpoint', endpoint, 'other/busybox:v1'], { env })).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('403'),
  });
});

test('An access key that the command makes signs a delete', async () => {
  const { stdout, stderr } = await runCommand(['token', '--name', 'sdk', '--namespaces', 'group', '--access-key']);
  const [, accessKey = '', secretKey = ''] = /access key: (\S+)\nIts secret key: (\S+)\n/.exec(stderr) ?? [];
  const env = { SWR_ACCESS_KEY: accessKey, SWR_SECRET_KEY: secretKey };
  expect(await runCommand(['--endpoint', await serverWith(stdout), 'group/busybox:v1'], { env })).toMatchObject({
    code: 0,
  });
});

test.each([
  [
    ['--name', 'ci', '--namespaces', 'Team'],
    /namespaces\.0: Invalid organization name: it must have 1 to 64 characters/,
  ],
  [['--name', '', '--namespaces', 'team'], /name: /],
  [['--name', 'ci'], /^error: required option '--namespaces <list>' not specified\n/],
  [
    [],
    /^error: required option '--name <name>' and '--namespaces <list>' not specified\nswr-tag-delete token --help lists what is allowed.\n$/,
  ],
  [['--nmae', 'ci', '--namespaces', 'team'], /unknown option '--nmae'\n\(Did you mean --name\?\)/],
])('With %j the command says what is wrong, and makes nothing', async (args, message) => {
  expect(await runCommand(['token', ...args])).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});

test('If the entry cannot be written, such as to a full disk, the command fails: its token would let nobody in', async () => {
  const call = 'exec node "$0" token --name ci --namespaces team > /dev/full';
  expect(await runProcess('sh', ['-c', call, COMMAND])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('error: the entry cannot be written: ENOSPC'),
  });
});

test.skipIf(areMissing('script'))('At a terminal the entry stands below the words that announce it', async () => {
  const call = `node ${COMMAND} token --name ci --namespaces team`;
  const { stdout } = await runProcess('script', ['--quiet', '--return', '--command', call, '/dev/null']);
  expect(stdout.replaceAll('\r', '')).toMatch(/\nThe entry for CREDENTIALS_FILE:\n\nprincipals:\n {2}- name: ci\n/);
  expect(stdout).not.toContain('standard output');
});
