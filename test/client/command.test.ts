import type { ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pace } from '../../client/command/bulk-delete.ts';
import { COMMAND, type CommandRun, runCommand, runProcess } from '../support/command.ts';
import { atLength } from '../support/length.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { areMissing, temporaryDirectory } from '../support/programs.ts';
import { KEYS, startServer, type TestServer, TOKEN } from '../support/server.ts';

const TAGS = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'];
const references = TAGS.map((tag) => `group/busybox:${tag}`);
const env = { SWR_TOKEN: TOKEN };

let store: MemoryStore;
let server: TestServer;
beforeEach(async () => {
  store = new MemoryStore(...references, 'group/team/app:v1');
  server = await startServer({ store });
});
afterEach(() => server.close());

const run = (args: string[], options: Parameters<typeof runCommand>[1] = { env }): Promise<CommandRun> =>
  runCommand(['--endpoint', server.url, ...args], options);

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
const requestCount = () => server.logged.filter(({ msg }) => msg === 'request').length;

describe('tags are deleted', () => {
  test('those that are named, and no other; exit code 0', async () => {
    const { code, stdout, stderr } = await run(['group/busybox:v1', 'group/team/app:v1']);
    expect(linesOf(stdout).toSorted()).toEqual(['deleted group/busybox:v1', 'deleted group/team/app:v1']);
    expect(stderr).toMatch(/^deleted 2 in \d+\.\d s\n$/);
    expect(code).toBe(0);
    expect(store.tags).toEqual(references.slice(1));
  });

  test('a list from standard input, with comments, blank lines and Windows line ends', async () => {
    const { code } = await run(['-', 'group/busybox:v3'], {
      env,
      stdin: '# old ones\r\n\r\ngroup/busybox:v1\r\n group/busybox:v2 \n',
    });
    expect(code).toBe(0);
    expect(store.tags).toEqual([...references.slice(3), 'group/team/app:v1']);
  });

  test('signed with an access key', async () => {
    const keys = { SWR_ACCESS_KEY: KEYS.accessKey, SWR_SECRET_KEY: KEYS.secretKey };
    expect(await run(['group/busybox:v1'], { env: keys })).toMatchObject({ code: 0 });
  });

  test('an empty list is no failure', async () => {
    expect(await run(['-'], { env, stdin: '' })).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('failures', () => {
  test('one makes the exit code 1, is explained, and stops nothing', async () => {
    const { code, stdout, stderr } = await run(['group/nope:v1', 'group/busybox:v1']);
    expect(stdout).toMatch(
      /failed group\/nope:v1: The repository does not exist\. \(404, SVCSTG\.SWR\.4040113, request [0-9a-f]{32}\)/,
    );
    expect(stderr).toContain('deleted 1, failed 1 in');
    expect(code).toBe(1);
    expect(store.tags).not.toContain('group/busybox:v1');
  });

  test('--ignore-missing lets what does not exist pass, and nothing else', async () => {
    expect(await run(['--ignore-missing', 'group/busybox:nope', 'group/nope:v1', 'nope/nope:v1'])).toMatchObject({
      code: 0,
    });
    const wrong = await run(['--ignore-missing', 'group/busybox:v1'], { env: { SWR_TOKEN: 'wrong' } });
    expect(wrong.code).toBe(1);
    const elsewhere = await runCommand(
      ['--endpoint', `${server.url}/elsewhere`, '--ignore-missing', 'group/busybox:v1'],
      { env },
    );
    expect(elsewhere).toMatchObject({ code: 1, stdout: expect.stringContaining('APIGW.0101') });
  });

  test('--fail-fast tries nothing after the first one', async () => {
    const { code, stdout, stderr } = await run(['--fail-fast', '--concurrency', '1', 'group/nope:v1', ...references]);
    expect(linesOf(stdout).slice(1)).toEqual(references.map((reference) => `not-tried ${reference}`));
    expect(stderr).toContain('deleted 0, failed 1, not tried 6 in');
    expect(code).toBe(1);
    expect(requestCount()).toBe(1);
  });

  test('nobody there', async () => {
    const { code, stdout } = await runCommand(['--endpoint', 'http://127.0.0.1:1', 'group/busybox:v1'], { env });
    expect(stdout).toContain('failed group/busybox:v1: no answer from 127.0.0.1:1');
    expect(code).toBe(1);
  });
});

test('--json writes one object a reference', async () => {
  const { stdout, code } = await run([
    '--json',
    '--concurrency',
    '1',
    'group/busybox:v1',
    'group/busybox:v1',
    'group/team/app:v1',
  ]);
  expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual([
    { reference: 'group/busybox:v1', outcome: 'deleted', requestId: expect.any(String), tries: 1 },
    {
      reference: 'group/busybox:v1',
      outcome: 'failed',
      requestId: expect.any(String),
      status: 404,
      code: 'SVCSTG.SWR.4040115',
      message: 'The image tag does not exist.',
    },
    { reference: 'group/team/app:v1', outcome: 'deleted', requestId: expect.any(String), tries: 1 },
  ]);
  expect(code).toBe(1);
});

test('--dry-run lists what would be deleted, needs no credentials and sends nothing', async () => {
  const { code, stdout } = await run(['--dry-run', ...references], {});
  expect(linesOf(stdout)).toEqual(references.map((reference) => `would-delete ${reference}`));
  expect(code).toBe(0);
  expect(requestCount()).toBe(0);
});

describe('nothing is sent', () => {
  test('when a reference is illegal: every one is reported, with its line; exit code 2', async () => {
    const stdin =
      'group/busybox:v1\nbusybox\ngroup/busybox\nGroup/busybox:v1\ngroup/busybox@sha256:00\ngroup/busybox:v1#f\ngroup/../x:v1\n';
    const { code, stderr } = await run(['-', 'group/b b:v1'], { env, stdin: `${stdin}${'x'.repeat(100_000)}\n` });
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
    expect(requestCount()).toBe(0);
  });

  test('when a line is too long: what stands behind its limit is not known', async () => {
    const hidden = `group/busybox:v1${' '.repeat(5_000)}-DONOTDELETE\n${' '.repeat(4_100)}group/busybox:v2\n`;
    const { code, stderr } = await run(['-'], { env, stdin: hidden });
    expect(stderr).toContain('line 1: ');
    expect(stderr).toContain('line 2: ');
    expect(code).toBe(2);
    expect(requestCount()).toBe(0);
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ['no reference', [], env, "missing required argument 'reference'"],
    ['an unknown flag', ['--force', 'group/busybox:v1'], env, "unknown option '--force'"],
    ['no credentials', ['group/busybox:v1'], {}, 'credentials are missing'],
    ['an access key alone', ['group/busybox:v1'], { SWR_ACCESS_KEY: 'AK' }, 'an access key needs its secret key'],
    [
      'two ways in',
      ['group/busybox:v1'],
      { ...env, SWR_ACCESS_KEY: 'AK', SWR_SECRET_KEY: 'SK' },
      'only one of them can be used',
    ],
    ['a concurrency of nothing', ['--concurrency', '0', 'group/busybox:v1'], env, 'a whole number from 1 to 256'],
    ['a rate without a unit', ['--rate', '120', 'group/busybox:v1'], env, 'It must read as 120/m'],
    ['standard input twice', ['-', '-'], env, 'standard input can be read once'],
  ])('with %s: exit code 2', async (_, args, environment, message) => {
    const { code, stdout, stderr } = await run(args, { env: environment });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(requestCount()).toBe(0);
  });

  test.each(['nonsense', 'ftp://h', 'http://user:pass@h', 'http://h?x=1'])(
    'with %s as the endpoint',
    async (endpoint) => {
      const { code, stderr } = await runCommand(['--endpoint', endpoint, 'group/busybox:v1'], { env });
      expect(stderr).toContain('--endpoint');
      expect(code).toBe(2);
    },
  );
});

test('a secret on the command line draws a warning, and is never repeated', async () => {
  const token = await run(['--token', TOKEN, 'group/busybox:v1'], {});
  expect(token.stderr).toContain('warning: a token on the command line can be seen by others');
  const keys = await run(['--access-key', KEYS.accessKey, '--secret-key', KEYS.secretKey, 'group/busybox:v2'], { env });
  expect(keys.stderr).toContain('warning: a secret key on the command line');
  for (const { code, stdout, stderr } of [token, keys]) {
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(TOKEN);
    expect(stdout + stderr).not.toContain(KEYS.secretKey);
  }
});

test('--help and --version', async () => {
  expect(await runCommand(['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Usage: swr-tag-delete'),
  });
  expect(await runCommand(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test('--rate keeps a pace', async () => {
  // The server's first request compiles its checks, and would come late into its log.
  await run(['group/team/app:v1']);
  const { code } = await run(['--rate', '4/s', ...references]);
  const [, ...times] = server.logged.filter(({ msg }) => msg === 'request').map(({ time }) => Number(time));
  expect(code).toBe(0);
  // Six at four a second: five pauses of 250 ms.
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(900);
});

test('a throttled delete waits for Retry-After', async () => {
  store.failure = 'busy';
  const { code, stdout } = await run(['--json', 'group/busybox:v1'], {
    env,
    // Retry-After leaves a second for it.
    onStart: async () => {
      await expect.poll(requestCount, { interval: 10 }).toBe(1);
      store.failure = undefined;
    },
  });
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'deleted', tries: 2 });
  expect(code).toBe(0);
});

test.each([
  [19, 1_000],
  [120, 60_000],
  [1, 3_600_000],
  [5_000, 1_000],
])('a rate of %i in %i ms is kept to within a tenth', (count, periodMs) => {
  const { interval, intervalCap } = pace({ count, periodMs });
  expect(intervalCap / interval / (count / periodMs)).toBeGreaterThan(0.9);
  expect(intervalCap / interval / (count / periodMs)).toBeLessThanOrEqual(1);
});

describe('a provider that answers oddly', () => {
  /** Runs the command against a provider of its own. */
  async function runAgainst(status: number, body: string, args: string[]): Promise<CommandRun> {
    const provider = createServer((_request, response) => void response.writeHead(status).end(body));
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { port } = provider.address() as AddressInfo;
    const result = await runCommand(['--endpoint', `http://127.0.0.1:${port}`, ...args], { env });
    provider.close();
    return result;
  }

  test('cannot forge lines, nor reach the terminal', async () => {
    const body = JSON.stringify({ error_msg: 'bad\u001b]0;pwned\u0007\ndeleted group/other:v9', error_code: 'E\n' });
    const { stdout } = await runAgainst(500, body, ['group/busybox:v1']);
    expect(linesOf(stdout)).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test('draws no warnings of the runtime when it throttles many', async () => {
    const many = Array.from({ length: 40 }, (_, number) => `group/busybox:t${number}`);
    const { stderr } = await runAgainst(429, '{}', ['--concurrency', '32', '--fail-fast', ...many]);
    expect(stderr).not.toContain('Warning');
  });
});

describe('whoever reads the output may go away', () => {
  /** Runs the command in a shell, with a folder of its own for temporary files, which has to be empty at the end. */
  async function runShell(text: string): Promise<CommandRun> {
    const directory = await temporaryDirectory();
    const command = `"${process.execPath}" "${COMMAND}" --endpoint ${server.url} --concurrency 1 ${references.join(' ')}`;
    const result = await runProcess('bash', ['-c', text.replace('COMMAND', command)], {
      env: { ...env, TMPDIR: directory.path },
    });
    expect(await readdir(directory.path)).toEqual([]);
    await directory.remove();
    return result;
  }

  test('standard output: it stops, and says so', async () => {
    const { stderr } = await runShell('set -o pipefail; COMMAND | head -n 1 > /dev/null; echo "exit $?" >&2');
    expect(stderr).toMatch(/deleted \d.* in .*\nexit [01]\n$/);
  });

  test('standard error: every tag is deleted all the same', async () => {
    expect(await runShell('COMMAND 2> >(true)')).toMatchObject({ code: 0 });
    expect(store.tags).toEqual(['group/team/app:v1']);
  });
});

describe('Ctrl-C', () => {
  /** Interrupts the command while so many deletes are under way. @returns when it has said that it stops */
  async function interrupt(child: ChildProcess, underWay: number): Promise<void> {
    let said = '';
    child.stderr?.on('data', (text: string) => {
      said += text;
    });
    await expect.poll(() => store.underWay).toBe(underWay);
    child.kill('SIGINT');
    await expect.poll(() => said).toContain('Stopping');
  }

  test('finishes what is in flight and reports the rest as not tried', async () => {
    let open = () => {};
    store.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { code, stdout, stderr } = await run(['--concurrency', '2', ...references], {
      env,
      onStart: (child) => interrupt(child, 2).then(open),
    });
    expect(linesOf(stdout).toSorted()).toEqual([
      'deleted group/busybox:v1',
      'deleted group/busybox:v2',
      ...references.slice(2).map((reference) => `not-tried ${reference}`),
    ]);
    expect(stderr).toContain('Stopping');
    expect(stderr).toContain('deleted 2, not tried 4 in');
    expect(code).toBe(1);
    expect(store.tags).toEqual([...references.slice(2), 'group/team/app:v1']);
  });

  test('a second one cuts off what is in flight, and says that it may be deleted', async () => {
    let open = () => {};
    store.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { code, stdout } = await run(['--concurrency', '1', 'group/busybox:v1', 'group/busybox:v2'], {
      env,
      onStart: async (child) => {
        await interrupt(child, 1);
        child.kill('SIGINT');
      },
    });
    open();
    expect(stdout).toBe('failed group/busybox:v1: interrupted: it may be deleted\nnot-tried group/busybox:v2\n');
    expect(code).toBe(1);
  });
});

describe.skipIf(areMissing('script'))('at a terminal', () => {
  /** Runs the command with a terminal of its own, by util-linux's script. */
  const atTerminal = (args: string, stdin: string) =>
    runProcess(
      'script',
      [
        '--quiet',
        '--return',
        '--command',
        `"${process.execPath}" "${COMMAND}" --endpoint ${server.url} ${args}`,
        '/dev/null',
      ],
      { env, stdin },
    );

  test('more than one delete is asked for, and n deletes nothing', async () => {
    const { code, stdout } = await atTerminal(references.join(' '), 'n\n');
    expect(stdout).toContain(`Delete 6 tags at ${server.url}? [y/N]`);
    expect(stdout).toContain('Nothing was deleted.');
    expect(code).toBe(1);
    expect(requestCount()).toBe(0);
  });

  test('y deletes, under a bar that ends at 100 %', async () => {
    const { code, stdout } = await atTerminal(references.join(' '), 'y\n');
    expect(stdout).toMatch(/100 % · 6 of 6 · [\d.]*[1-9][\d.]*\/s · .* left · 0 failed/);
    expect(stdout).toContain('deleted 6 in');
    expect(code).toBe(0);
  });

  /** The same with a list on standard input. */
  const atTerminalWithList = (stdin: string) => {
    const list = `printf '%s\\n' ${references.join(' ')}`;
    const command = `${list} | "${process.execPath}" "${COMMAND}" --endpoint ${server.url} -`;
    return runProcess('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env, stdin });
  };

  test('a list on standard input is asked for too, and the command ends by itself', async () => {
    const { code, stdout } = await atTerminalWithList('y\n');
    expect(stdout).toContain('deleted 6 in');
    expect(code).toBe(0);
  });

  test('the end of input is a no', async () => {
    const { code, stdout } = await atTerminalWithList('\u0004');
    expect(stdout).toContain('Nothing was deleted.');
    expect(code).toBe(1);
    expect(requestCount()).toBe(0);
  });

  test('failures stand above the bar', async () => {
    const { code, stdout } = await atTerminal('--yes group/nope:v1 group/busybox:v1', '');
    expect(stdout).toContain('failed group/nope:v1: The repository does not exist.');
    expect(stdout).not.toContain('[y/N]');
    expect(code).toBe(1);
  });

  test('a single delete, and --yes, are not asked for', async () => {
    expect((await atTerminal('group/busybox:v1', '')).stdout).not.toContain('[y/N]');
    expect((await atTerminal('--yes group/busybox:v2 group/busybox:v3', '')).stdout).not.toContain('[y/N]');
  });
});

const REFERENCES = atLength(20_000, 100_000);

test(`${REFERENCES} references go through a heap that could not hold 100,000, and leave nothing behind`, {
  timeout: 240_000,
}, async () => {
  const directory = await temporaryDirectory();
  let count = 0;
  const provider = createServer((_request, response) => {
    count += 1;
    response.writeHead(204, { 'X-Request-Id': 'x' }).end();
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  const stdin = Array.from({ length: REFERENCES }, (_, number) => `group/busybox:tag-${number}\n`).join('');
  const { code, stderr } = await runCommand(['--endpoint', `http://127.0.0.1:${port}`, '--concurrency', '32', '-'], {
    env: { ...env, NODE_OPTIONS: '--max-old-space-size=48', TMPDIR: directory.path },
    stdin,
  });
  expect(stderr).toContain(`deleted ${REFERENCES} in`);
  expect(code).toBe(0);
  expect(count).toBe(REFERENCES);
  expect(await readdir(directory.path)).toEqual([]);
  provider.close();
  await directory.remove();
});
