// Two servers on one directory would undo each other's deletes.
import { chmod, link, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { DataDirInUse } from '../../../../server/stores/lock.ts';
import { type ServerProcess, startServerProcess } from '../../../support/process.ts';
import { temporaryDirectory } from '../../../support/programs.ts';
import { silent } from './synthetic.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let processes: ServerProcess[];

beforeEach(async () => {
  directory = await temporaryDirectory();
  processes = [];
});

afterEach(async () => {
  for (const { child } of processes) child.kill('SIGKILL');
  await Promise.all(processes.map(({ ended }) => ended));
  await directory.remove();
});

function start(env: Record<string, string> = {}): ServerProcess {
  const started = startServerProcess({ DATA_DIR: directory.path, ...env });
  processes.push(started);
  return started;
}

test('a second server on the same directory refuses to start and names the first', async () => {
  const first = start();
  await first.url;
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toMatch(new RegExp(`\\bprocess ${first.child.pid}\\b`));
  expect(second.stderr()).not.toMatch(/^\s+at /m);
  expect((await fetch(await first.url)).status).toBeLessThan(500);
});

test('a new server starts at once after kill -9: no stale lock is left', async () => {
  const first = start();
  await first.url;
  first.child.kill('SIGKILL');
  expect(await first.ended).toBe('SIGKILL');
  const second = start();
  await second.url;
  const third = start();
  expect(await third.ended).toBe(1);
  expect(third.stderr()).toContain(`process ${second.child.pid} `);
});

test('a directory can be opened again once its store is closed', async () => {
  const store = await openLayoutStore(directory.path, silent);
  await expect(openLayoutStore(directory.path, silent)).rejects.toBeInstanceOf(DataDirInUse);
  await store.close();
  await store.close();
  await (await openLayoutStore(directory.path, silent)).close();
});

test('two servers never run on one directory, even if the lock file is removed', async () => {
  const first = start();
  await first.url;
  await rm(`${directory.path}/.swr-tag-delete.lock`);
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toContain('.swr-tag-delete.lock was removed');
});

test('the lock file is for the user of the server alone', async () => {
  const path = `${directory.path}/.swr-tag-delete.lock`;
  await writeFile(path, '', { mode: 0o666 });
  await chmod(path, 0o666);
  const store = await openLayoutStore(directory.path, silent);
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
  await store.close();
});

test.each([
  ['a symbolic link', (victim: string, path: string) => symlink(victim, path)],
  ['a hard link', (victim: string, path: string) => link(victim, path)],
])('%s in place of the lock file is refused, and the file behind it keeps its content', async (_, place) => {
  const victim = `${directory.path}/victim`;
  await writeFile(victim, 'precious');
  await place(victim, `${directory.path}/.swr-tag-delete.lock`);
  await expect(openLayoutStore(directory.path, silent)).rejects.toThrow('.swr-tag-delete.lock');
  expect(await readFile(victim, 'utf8')).toBe('precious');
});

test('a lock that is not answered, as by a network file system that is gone, ends the start with its reason', async () => {
  await writeFile(`${directory.path}/flock`, '#!/bin/sh\nexec sleep 600\n');
  await chmod(`${directory.path}/flock`, 0o755);
  const server = start({ PATH: `${directory.path}:${process.env['PATH']}` });
  expect(await server.ended).toBe(1);
  expect(server.stderr()).toContain('flock was not done within 5000 ms');
});
