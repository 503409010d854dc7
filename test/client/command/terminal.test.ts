// The command at a terminal of its own, by util-linux's script: it asks, and shows a bar.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { COMMAND } from '../../support/built.ts';
import { runProcess } from '../../support/command.ts';
import { areMissing, temporaryDirectory } from '../../support/programs.ts';
import { env, references, useServer } from './setting.ts';

const setting = useServer();

describe.skipIf(areMissing('script'))('at a terminal', () => {
  /** Runs the command with a terminal of its own, by util-linux's script. */
  const atTerminal = (args: string, stdin: string, before = '') =>
    runProcess(
      'script',
      [
        '--quiet',
        '--return',
        '--command',
        `${before}"${process.execPath}" "${COMMAND}" --endpoint ${setting.server.url} ${args}`,
        '/dev/null',
      ],
      { env, stdin },
    );

  test('The command asks before more than one delete, and n deletes nothing', async () => {
    const { code, stdout } = await atTerminal(references.join(' '), 'n\n');
    expect(stdout).toContain(`Delete 6 tags at ${setting.server.url}? [y/N]`);
    expect(stdout).toContain('Nothing was deleted.');
    expect(code).toBe(1);
    expect(setting.requestCount()).toBe(0);
  });

  test('y deletes, with a bar that ends at 100 %', async () => {
    const { code, stdout } = await atTerminal(references.join(' '), 'y\n');
    expect(stdout).toMatch(/100 % · 6 of 6 · [\d.]*[1-9][\d.]*\/s · .* left · 0 failed/);
    expect(stdout).toContain('deleted 6 in');
    expect(code).toBe(0);
  });

  /** The same with a list on standard input. */
  const atTerminalWithList = (stdin: string) => {
    const list = `printf '%s\\n' ${references.join(' ')}`;
    const command = `${list} | "${process.execPath}" "${COMMAND}" --endpoint ${setting.server.url} -`;
    return runProcess('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env, stdin });
  };

  test('The command also asks when the list is on standard input, and ends by itself', async () => {
    const { code, stdout } = await atTerminalWithList('y\n');
    expect(stdout).toContain('deleted 6 in');
    expect(code).toBe(0);
  });

  test('The end of input at the question deletes nothing', async () => {
    const { code, stdout } = await atTerminalWithList('\u0004');
    expect(stdout).toContain('Nothing was deleted.');
    expect(code).toBe(1);
    expect(setting.requestCount()).toBe(0);
  });

  test.each(['2>/dev/null', '>/dev/null', '</dev/null', '>/dev/null 2>&1', '>/dev/null </dev/null'])(
    'The command also asks with %s: a person is there',
    async (redirection) => {
      const { code, stdout } = await atTerminal(`${references.join(' ')} ${redirection}`, 'n\n');
      expect(stdout).toContain(`Delete 6 tags at ${setting.server.url}? [y/N]`);
      expect(code).toBe(1);
      expect(setting.requestCount()).toBe(0);
    },
  );

  test('A failure is written above the bar as a whole line, however narrow the terminal is', async () => {
    const { stdout } = await atTerminal('--yes group/nope:v1 group/busybox:v1', '', 'stty columns 60; ');
    expect(stdout).toMatch(/failed group\/nope:v1: .* \(404, SVCSTG\.SWR\.4040113, request [0-9a-f]{32}\)\r\n/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: autowrap off would cut the line
    expect(stdout).not.toMatch(/\u001b\[\?7l/);
    for (const line of stdout.split(/[\r\n]/).filter((one) => one.includes(' left ')))
      expect(line.replace('\u001b[K', '').length).toBeLessThan(60);
  });

  test.each([' | cat', ' --output json | cat'])('With %s, no result is glued to a bar', async (pipe) => {
    const { stdout } = await atTerminal(`--yes ${references.join(' ')} group/nope:v1${pipe}`, '');
    const lines = stdout.split('\r\n').filter((line) => line !== '');
    expect(lines).toHaveLength(references.length + 2);
    for (const line of lines) expect(line).toMatch(/^(deleted \S+$|failed \S+: .*\)$|\{.*\}$|deleted 6, failed 1 in)/);
  });

  test('With >/dev/null, the bar is shown', async () => {
    const { stdout } = await atTerminal(`--yes ${references.join(' ')} >/dev/null`, '');
    expect(stdout).toContain('100 % · 6 of 6');
    expect(stdout).not.toContain('group/busybox');
  });

  test('--dry-run lists the tags', async () => {
    const { code, stdout } = await atTerminal(`--dry-run ${references.join(' ')}`, '');
    for (const reference of references) expect(stdout).toContain(`would-delete ${reference}\r\n`);
    expect(stdout).toContain('would delete 6 in');
    expect(code).toBe(0);
  });

  test('Failures are written above the bar', async () => {
    const { code, stdout } = await atTerminal('--yes group/nope:v1 group/busybox:v1', '');
    expect(stdout).toContain('failed group/nope:v1: The repository does not exist.');
    expect(stdout).not.toContain('[y/N]');
    expect(code).toBe(1);
  });

  test('The command does not ask for a single delete, nor with --yes', async () => {
    expect((await atTerminal('group/busybox:v1', '')).stdout).not.toContain('[y/N]');
    expect((await atTerminal('--yes group/busybox:v2 group/busybox:v3', '')).stdout).not.toContain('[y/N]');
  });

  test('If the terminal is closed, the command ends, and a log that it writes to counts what was deleted', async () => {
    const directory = await temporaryDirectory();
    let open = () => {};
    setting.store.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const log = `${directory.path}/log`;
    const command = `"${process.execPath}" "${COMMAND}" --endpoint ${setting.server.url} --yes --concurrency 1 ${references.join(' ')}`;
    const terminal = spawn('script', ['--quiet', '--command', `${command} > ${log} 2>&1`, '/dev/null'], {
      env: { PATH: process.env['PATH'], SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await expect.poll(() => setting.store.underWay).toBe(1);
    terminal.kill('SIGKILL');
    await once(terminal, 'close');
    await expect.poll(() => readFile(log, 'utf8')).toContain('Stopping');
    open();
    await expect.poll(() => readFile(log, 'utf8')).toContain('deleted 1, not tried 5 in');
    await directory.remove();
  });
});
