// What the command refuses before it sends anything, what it warns of, and its help.
import { writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { COMMAND } from '../../support/built.ts';
import { runCommand, runProcess } from '../../support/command.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { KEYS, TOKEN } from '../../support/server.ts';
import { env, linesOf, useServer } from './setting.ts';

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

test('A file that is no list is refused in 20 short lines and the number of the others', async () => {
  const bytes = Array.from({ length: 100 }, (_, at) => String.fromCharCode(at % 32).repeat(3_000)).join('\n');
  const stdin = `${bytes}\n${`${'n'.repeat(500)}/${'r'.repeat(500)}:${'t'.repeat(500)}\n`.repeat(50)}`;
  const { code, stderr } = await setting.run(['-'], { env, stdin });
  const lines = linesOf(stderr);
  expect(lines.slice(20)).toEqual([
    expect.stringMatching(/^error: more invalid references: \d{2,3}$/),
    'Nothing was deleted.',
  ]);
  for (const line of lines) expect(line.length).toBeLessThan(600);
  expect(code).toBe(2);
});

test.each(['-', '--dry-run -', '--output json -'])(
  'An empty list is called empty, and is no failure: %s',
  async (args) => {
    const { code, stdout, stderr } = await setting.run(args.split(' '), { env, stdin: '# none today\n\n' });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'The list is empty. Nothing was deleted.\n',
    });
  },
);

test('The name of a file in place of its list is refused with the way to read it', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(directory.remove);
  for (const [name, word] of [
    ['refs.txt', 'refs.txt'],
    ["it's new.txt", "'it'\\''s new.txt'"],
  ] as const) {
    await writeFile(`${directory.path}/${name}`, '');
    const command = `cd "$1"; exec "${process.execPath}" "${COMMAND}" --endpoint ${setting.server.url} "$2"`;
    const { code, stderr } = await runProcess('sh', ['-c', command, 'sh', directory.path, name], { env });
    expect(stderr).toContain(`; the list in that file is read with - < ${word}\n`);
    expect(code).toBe(2);
  }
  expect((await setting.run(['/nonexistent/refs.txt'], { env })).stderr).not.toContain('- <');
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
  [
    'a token of two lines',
    ['group/busybox:v1'],
    { SWR_TOKEN: 'a\nb' },
    'SWR_TOKEN (or --token) holds a character that',
  ],
  [
    'an access key with a blank',
    ['group/busybox:v1'],
    { SWR_ACCESS_KEY: 'A K', SWR_SECRET_KEY: 'SK' },
    'SWR_ACCESS_KEY (or --access-key) holds a character that',
  ],
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
