// What the command refuses before it sends anything, what it warns of, and its help.
import { expect, test } from 'vitest';
import { runCommand } from '../../support/command.ts';
import { KEYS, TOKEN } from '../../support/server.ts';
import { env, useServer } from './setting.ts';

const setting = useServer();

test('Every invalid reference is reported with its line, nothing is sent, and the exit code is 2', async () => {
  const stdin =
    'group/busybox:v1\nbusybox\ngroup/busybox\nGroup/busybox:v1\ngroup/busybox@sha256:00\ngroup/busybox:v1#f\ngroup/../x:v1\n';
  const { code, stderr } = await setting.run(['-', 'group/b b:v1'], { env, stdin: `${stdin}${'x'.repeat(100_000)}\n` });
  for (const place of [
    'line 2: "busybox"',
    'line 3:',
    'line 4: "Group/busybox:v1"',
    'line 5:',
    'line 6:',
    'line 7:',
    'line 8:',
    '"group/b b:v1"',
  ]) {
    expect(stderr).toContain(place);
  }
  expect(stderr).not.toContain('line 1:');
  expect(stderr).toContain('Nothing was deleted.');
  expect(code).toBe(2);
  expect(setting.requestCount()).toBe(0);
});

test('The name of a file in place of its list is refused with the way to read it', async () => {
  const file = new URL(import.meta.url).pathname;
  const { code, stderr } = await setting.run([file], { env });
  expect(stderr).toContain('; the list in a file is read with - < file\n');
  expect(code).toBe(2);
  expect((await setting.run(['/nonexistent/refs.txt'], { env })).stderr).not.toContain('- < file');
});

test('A line that is too long is refused: its end is not known', async () => {
  const hidden = `group/busybox:v1${' '.repeat(5_000)}-DONOTDELETE\n${' '.repeat(4_100)}group/busybox:v2\n`;
  const { code, stderr } = await setting.run(['-'], { env, stdin: hidden });
  expect(stderr).toContain('line 1: ');
  expect(stderr).toContain('line 2: ');
  expect(code).toBe(2);
  expect(setting.requestCount()).toBe(0);
});

test.each<[string, string[], Record<string, string>, string]>([
  ['a call without references', [], env, "missing required argument 'reference'"],
  ['an unknown flag', ['--force', 'group/busybox:v1'], env, "unknown option '--force'"],
  ['a call without credentials', ['group/busybox:v1'], {}, 'credentials are missing'],
  ['an access key alone', ['group/busybox:v1'], { SWR_ACCESS_KEY: 'AK' }, 'an access key needs its secret key'],
  [
    'two ways in',
    ['group/busybox:v1'],
    { ...env, SWR_ACCESS_KEY: 'AK', SWR_SECRET_KEY: 'SK' },
    'only one of them can be used',
  ],
  ['a concurrency of 0', ['--concurrency', '0', 'group/busybox:v1'], env, 'a whole number from 1 to 256'],
  ['a negative number of retries', ['--retries', '-1', 'group/busybox:v1'], env, 'a whole number from 0 to 10'],
  [
    'a forward proxy of another kind',
    ['group/busybox:v1'],
    { ...env, HTTP_PROXY: 'socks5://user:PASSWORD@127.0.0.1:1' },
    'HTTP_PROXY must be a URL such as http://proxy.example:3128',
  ],
  ['a rate without a unit', ['--rate', '120', 'group/busybox:v1'], env, 'It must read like 120/m'],
  ['standard input twice', ['-', '-'], env, 'standard input can be read once'],
])('The command refuses %s with exit code 2 and sends nothing', async (_, args, environment, message) => {
  const { code, stdout, stderr } = await setting.run(args, { env: environment });
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(setting.requestCount()).toBe(0);
});

test.each(['nonsense', 'ftp://h', 'http://user:pass@h', 'http://h?x=1'])(
  'with %s as the endpoint',
  async (endpoint) => {
    const { code, stderr } = await runCommand(['--endpoint', endpoint, 'group/busybox:v1'], { env });
    expect(stderr).toContain('--endpoint');
    expect(code).toBe(2);
  },
);

test('A password in the endpoint is refused and never repeated', async () => {
  const url = 'http://joe:PASSWORD@127.0.0.1:1';
  const flag = await runCommand(['--endpoint', url, 'group/busybox:v1'], { env });
  const variable = await runCommand(['group/busybox:v1'], { env: { ...env, SWR_ENDPOINT: url } });
  for (const { code, stdout, stderr } of [flag, variable]) {
    expect(stderr).toContain('must not contain a user, query or fragment');
    expect(stdout + stderr).not.toContain('PASSWORD');
    expect(code).toBe(2);
  }
});

test('A secret on the command line draws a warning and is never repeated', async () => {
  const token = await setting.run(['--token', TOKEN, 'group/busybox:v1'], {});
  expect(token.stderr).toContain('warning: a token on the command line can be seen by others');
  const keys = await setting.run(['--access-key', KEYS.accessKey, '--secret-key', KEYS.secretKey, 'group/busybox:v2'], {
    env,
  });
  expect(keys.stderr).toContain('warning: a secret key on the command line');
  for (const { code, stdout, stderr } of [token, keys]) {
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(TOKEN);
    expect(stdout + stderr).not.toContain(KEYS.secretKey);
  }
});

test('--help and --version write to standard output and exit with 0', async () => {
  expect(await runCommand(['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Usage: swr-tag-delete'),
  });
  expect(await runCommand(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});
