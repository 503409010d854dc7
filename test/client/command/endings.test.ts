// How the command ends before the end of its list: Ctrl-C, and readers of its output that go away.
import type { ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { COMMAND, type CommandRun, runProcess } from '../../support/command.ts';
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
      child.kill('SIGINT');
    },
  });
  open();
  expect(stdout).toBe('failed group/busybox:v1: interrupted: it may be deleted\nnot-tried group/busybox:v2\n');
  expect(code).toBe(1);
});
