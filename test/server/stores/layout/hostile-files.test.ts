// Files that a hostile program can put into a repository cost that repository its deletes, and nothing else.
import { closeSync, openSync, rmSync } from 'node:fs';
import { mkdir, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { tagNamesIn } from '../../../support/layouts.ts';
import { run, temporaryDirectory } from '../../../support/programs.ts';
import { appTag, numbered, outcome, recordedLog, writeLayout } from './synthetic.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let layout: string;
let store: Store;
let logged: ReturnType<typeof recordedLog>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
  logged = recordedLog();
  await writeLayout(layout, ['v1', 'v2', 'v3']);
  store = await openLayoutStore(directory.path, logged.log);
});

afterEach(async () => {
  await store.close();
  await directory.remove();
});

test('pipes in place of oci-layout do not stop deletes in other repositories, nor the check of readiness', async () => {
  const pipes = numbered('pipe', 8);
  for (const name of pipes) {
    await mkdir(`${directory.path}/group/${name}`);
    await run('mkfifo', `${directory.path}/group/${name}/oci-layout`);
  }
  try {
    const stuck = pipes.map((repository) => outcome(store.deleteTag({ namespace: 'group', repository, tag: 'v1' })));
    const others = Promise.all([outcome(store.deleteTag(appTag('v1'))), store.ready()]);
    expect(await Promise.race([others, delay(10_000, 'hangs')])).toEqual(['deleted', undefined]);
    expect(await Promise.all(stuck)).toEqual(pipes.map(() => 'invalid-layout'));
  } finally {
    // Readers that do wait are let go, or this process would not end. Synchronously: they have taken all threads.
    for (const name of pipes) {
      const pipe = openSync(`${directory.path}/group/${name}/oci-layout`, 'r+');
      rmSync(`${directory.path}/group/${name}/oci-layout`);
      closeSync(pipe);
    }
  }
});

test.each(['oci-layout', 'index.json'])('a huge %s is refused before it is read', async (name) => {
  const file = await open(`${layout}/${name}`, 'r+');
  await file.truncate(64 * 1024 * 1024 * 1024);
  await file.close();
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('invalid-layout');
});

test('a link to a device in place of oci-layout is not opened', async () => {
  await rm(`${layout}/oci-layout`);
  await symlink('/dev/zero', `${layout}/oci-layout`);
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('invalid-layout');
});

test.each([
  ['a small index', ''],
  ['an index that is compared in several pieces', 'x'.repeat(2 * 1024 * 1024)],
])('a tag that was written into %s in place, with size and mtime set back, is not lost', async (_, padding) => {
  const whole = await readFile(`${layout}/index.json`, 'utf8');
  await writeFile(`${layout}/index.json`, whole.replace('{', `{"padding":"${padding}",`));
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
  await delay(100);
  // A look at the index when it is no longer young: from here on its stamp is relied upon.
  expect(await outcome(store.deleteTag(appTag('none')))).toBe('tag-not-found');
  const index = `${layout}/index.json`;
  await run('cp', '--preserve', index, `${directory.path}/before`);
  await delay(100);
  await writeFile(index, (await readFile(index, 'utf8')).replace('"v2"', '"v9"'));
  await run('touch', '--reference', `${directory.path}/before`, index);
  expect(await outcome(store.deleteTag(appTag('v2')))).toBe('tag-not-found');
  expect(await outcome(store.deleteTag(appTag('v3')))).toBe('deleted');
  expect(await tagNamesIn(layout)).toEqual(['v9']);
});

test('a symbolic link that leaves its namespace is no repository: the tag behind it stays, and the log says why', async () => {
  await writeLayout(`${directory.path}/other/secret/app`, ['v1']);
  await symlink('../other/secret', `${directory.path}/group/link`);
  await symlink('../../other/secret/app', `${layout}/nested`);
  for (const repository of ['link/app', 'app/nested'])
    expect(await outcome(store.deleteTag({ namespace: 'group', repository, tag: 'v1' }))).toBe('repository-not-found');
  expect(await tagNamesIn(`${directory.path}/other/secret/app`)).toEqual(['v1']);
  expect(logged.lines.map(({ repository, msg }) => [repository, msg])).toEqual(
    ['link/app', 'app/nested'].map((repository) => [repository, expect.stringContaining('leaves its namespace')]),
  );
});

test('a namespace may be a link to another disk, and is not one if it is a link to another namespace', async () => {
  const disk = await temporaryDirectory();
  try {
    await writeLayout(`${disk.path}/app`, ['v1', 'v2']);
    await symlink(disk.path, `${directory.path}/linked`);
    await symlink('group', `${directory.path}/alias`);
    await symlink('.', `${directory.path}/all`);
    expect(await outcome(store.deleteTag({ namespace: 'linked', repository: 'app', tag: 'v1' }))).toBe('deleted');
    expect(await tagNamesIn(`${disk.path}/app`)).toEqual(['v2']);
    expect(await outcome(store.deleteTag({ namespace: 'alias', repository: 'app', tag: 'v1' }))).toBe(
      'organization-not-found',
    );
    expect(await outcome(store.deleteTag({ namespace: 'all', repository: 'group/app', tag: 'v1' }))).toBe(
      'organization-not-found',
    );
    expect(await tagNamesIn(layout)).toEqual(['v1', 'v2', 'v3']);
  } finally {
    await disk.remove();
  }
});

// podman save --format oci-dir (moby/buildkit#4615, project-zot/zot#2860).
test('a tag that the index has as a part of a full reference is not found, and the log names what is there', async () => {
  const index = await readFile(`${layout}/index.json`, 'utf8');
  await writeFile(
    `${layout}/index.json`,
    index.replace('"v1"', '"localhost:5000/team/app:v1"').replace('"v2"', '"V1"'),
  );
  expect(await outcome(store.deleteTag(appTag('v1')))).toBe('tag-not-found');
  expect(await tagNamesIn(layout)).toEqual(['localhost:5000/team/app:v1', 'V1', 'v3']);
  expect(logged.lines).toContainEqual(
    expect.objectContaining({ level: 'warn', layout, tag: 'v1', names: ['localhost:5000/team/app:v1', 'V1'] }),
  );
});
