// How the command ends before the end of its list: Ctrl-C, and readers of its output that go away.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { COMMAND } from '../../support/built.ts';
import { type CommandRun, runProcess } from '../../support/command.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { env, linesOf, references, useServer } from './setting.ts';

const setting = useServer();

/** Runs the command in a shell, with a folder of its own for temporary files, which has to be empty at the end. */
async function runShell(text: string): Promise<CommandRun> {
  const directory = await temporaryDirectory();
  const command = `"${process.execPath}" "${COMMAND}" --endpoint ${setting.server.url} --concurrency 1 ${references.join(' ')}`;
  const result = await runProcess('bash', ['-c', text.replace('COMMAND', command)], {
    env: { ...env, TMPDIR: directory.path },
  });
  expect(await readdir(directory.path)).toEqual([]);
  await directory.remove();
  return result;
}

test('When the reader of standard output goes away, the command stops and says so', async () => {
  const { stderr } = await runShell('set -o pipefail; COMMAND | head -n 1 > /dev/null; echo "exit $?" >&2');
  expect(stderr).toMatch(/deleted \d.* in .*\nexit [01]\n$/);
});

test('When the reader of standard error goes away, every tag is still deleted', async () => {
  expect(await runShell('COMMAND 2> >(true)')).toMatchObject({ code: 0 });
  expect(setting.store.tags).toEqual(['group/team/app:v1']);
});

/** Interrupts the command while `underWay` deletes wait. @returns when the command has said that it stops */
async function interrupt(child: ChildProcess, underWay: number): Promise<void> {
  let said = '';
  child.stderr?.on('data', (text: string) => {
    said += text;
  });
  await expect.poll(() => setting.store.underWay).toBe(underWay);
  child.kill('SIGINT');
  await expect.poll(() => said).toContain('Stopping');
}

test('Ctrl-C lets deletes in flight finish and reports the rest as not tried', async () => {
  let open = () => {};
  setting.store.gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { code, stdout, stderr } = await setting.run(['--concurrency', '2', ...references], {
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
  expect(setting.store.tags).toEqual([...references.slice(2), 'group/team/app:v1']);
});

test('A second Ctrl-C cuts off a delete in flight and says that the tag may be deleted', async () => {
  let open = () => {};
  setting.store.gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { code, stdout } = await setting.run(['--concurrency', '1', 'group/busybox:v1', 'group/busybox:v2'], {
    env,
    onStart: async (child) => {
      await interrupt(child, 1);
      await setTimeout(150);
      child.kill('SIGINT');
    },
  });
  open();
  expect(stdout).toBe('failed group/busybox:v1: interrupted: it may be deleted\nnot-tried group/busybox:v2\n');
  expect(code).toBe(1);
});

/** Max time from the first signal to the end, in milliseconds, and what a busy machine may add. */
const END_MS = 12_000 + 8_000;

describe('The command ends in time, and counts what was deleted,', () => {
  const LONG = Array.from({ length: 3_000 }, (_, number) => `group/busybox:${'x'.repeat(100)}-${number}`);

  /**
   * Runs the command with a long list and standard output that nobody reads, against a provider that deletes at once.
   * @param act is given the command once its reader has stalled
   */
  async function runStalled(act: (child: ChildProcess) => unknown, extra: string[] = []) {
    let deleted = 0;
    let received = 0;
    const provider = createServer((_request, response) => {
      received += 1;
      response.writeHead(204).end(() => {
        deleted += 1;
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { port } = provider.address() as AddressInfo;
    const child = spawn(process.execPath, [COMMAND, '--endpoint', `http://127.0.0.1:${port}`, ...extra, '-'], {
      env: { PATH: process.env['PATH'], ...env },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => undefined).end(LONG.join('\n'));
    // The pipe fills up, and the deletes come to a halt.
    let before = -1;
    await expect
      .poll(() => received > 0 && received === before, { interval: 700 })
      .toSatisfy((isSame) => {
        before = received;
        return isSame;
      });
    const since = performance.now();
    const closed = once(child, 'close');
    await act(child);
    const [code, signal] = await closed;
    const seconds = performance.now() - since;
    provider.closeAllConnections();
    provider.close();
    return { code, signal, stderr, seconds, deleted };
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('if its reader stalls, after %s', async (name) => {
    const { code, stderr, seconds, deleted } = await runStalled((child) => child.kill(name));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`deleted ${deleted}, not tried ${3_000 - deleted} in .*; \\d+ lines could not be`),
    );
    expect(seconds).toBeLessThan(END_MS);
  });

  test('if its reader stalls, about a second after the second Ctrl-C', async () => {
    const { code, stderr, seconds, deleted } = await runStalled(async (child) => {
      child.kill('SIGINT');
      await setTimeout(300);
      child.kill('SIGINT');
    });
    expect(code).toBe(1);
    expect(stderr).toContain(`deleted ${deleted}, not tried ${3_000 - deleted} in`);
    expect(seconds).toBeLessThan(9_000);
  });

  test('if its reader stalls and then goes away', async () => {
    const { code, stderr, deleted } = await runStalled((child) => child.stdout?.destroy());
    expect(code).toBe(1);
    expect(stderr).toContain(`deleted ${deleted}, not tried ${3_000 - deleted} in`);
  });

  test('if the readers of both outputs stall', async () => {
    const { code, seconds } = await runStalled(
      async (child) => {
        child.stderr?.pause();
        child.kill('SIGTERM');
      },
      ['--concurrency', '16'],
    );
    expect(code).toBe(1);
    expect(seconds).toBeLessThan(END_MS);
  });

  test('if a delete in flight is never answered, after one signal', async () => {
    setting.store.gate = new Promise(() => undefined);
    const since = performance.now();
    const { code, stdout, stderr } = await setting.run(['--concurrency', '1', 'group/busybox:v1', 'group/busybox:v2'], {
      env,
      onStart: (child) => interrupt(child, 1),
    });
    expect(stdout).toBe('failed group/busybox:v1: interrupted: it may be deleted\nnot-tried group/busybox:v2\n');
    expect(stderr).toContain('deleted 0, failed 1, not tried 1 in');
    expect(code).toBe(1);
    expect(performance.now() - since).toBeLessThan(END_MS + 10_000);
  });
});

test('Ctrl-C that npm passes on a second time is one Ctrl-C', async () => {
  let open = () => {};
  setting.store.gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { stdout } = await setting.run(['--concurrency', '1', 'group/busybox:v1', 'group/busybox:v2'], {
    env,
    onStart: async (child) => {
      await expect.poll(() => setting.store.underWay).toBe(1);
      child.kill('SIGINT');
      // Two signals at once would be one to the process already.
      await setTimeout(20);
      child.kill('SIGINT');
      await setTimeout(300);
      open();
    },
  });
  expect(stdout).toBe('deleted group/busybox:v1\nnot-tried group/busybox:v2\n');
});

test('A disk that is full stops the command, which says how many lines are missing', async () => {
  const result = await runShell('COMMAND > /dev/full; echo "exit $?" >&2');
  expect(result.stderr).toMatch(/deleted [1-6].*; \d lines could not be written to standard output\nexit 1\n$/);
});

test('--help does not fail if its reader goes away', async () => {
  const { stderr } = await runProcess('sh', ['-c', `"${process.execPath}" "${COMMAND}" --help | true`], {});
  expect(stderr).toBe('');
});
