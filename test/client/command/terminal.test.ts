// The command at a terminal of its own, by util-linux's script: it asks, and shows a bar.
import { describe, expect, test } from 'vitest';
import { COMMAND, runProcess } from '../../support/command.ts';
import { areMissing } from '../../support/programs.ts';
import { env, references, useServer } from './setting.ts';

const setting = useServer();

describe.skipIf(areMissing('script'))('at a terminal', () => {
  /** Runs the command with a terminal of its own, by util-linux's script. */
  const atTerminal = (args: string, stdin: string) =>
    runProcess(
      'script',
      [
        '--quiet',
        '--return',
        '--command',
        `"${process.execPath}" "${COMMAND}" --endpoint ${setting.server.url} ${args}`,
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
});
