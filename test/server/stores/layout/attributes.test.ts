// index.json is replaced by a new file: what protects it must be the same on the new one.
import { execFile } from 'node:child_process';
import { chmod, chown, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { builtModule } from '../../../support/built.ts';
import { tagNamesIn } from '../../../support/layouts.ts';
import { areMissing, run, temporaryDirectory } from '../../../support/programs.ts';
import { appTag, silent, writeLayout } from './synthetic.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let index: string;
let store: Store;

beforeEach(async () => {
  directory = await temporaryDirectory();
  await writeLayout(`${directory.path}/group/app`, ['v1', 'v2', 'v3']);
  index = `${directory.path}/group/app/index.json`;
  store = await openLayoutStore(directory.path, silent);
});

afterEach(async () => {
  await store.close();
  await directory.remove();
});

test.skipIf(process.getuid?.() !== 0)('mode and owner of index.json survive a delete', async () => {
  await chown(index, 1_234, 4_321);
  await chmod(index, 0o640);
  for (const tag of ['v1', 'v2']) {
    await store.deleteTag(appTag(tag));
    const { mode, uid, gid } = await stat(index);
    expect([(mode & 0o7777).toString(8), uid, gid]).toEqual(['640', 1_234, 4_321]);
  }
});

test('a copy of attributes that hangs fails in time, and costs the deletes after it nothing', {
  timeout: 60_000,
}, async () => {
  await store.close();
  const path = await temporaryDirectory();
  const cp = (await run('sh', '-c', 'command -v cp')).trim();
  // The first copy hangs, as on a disk that does not answer.
  await writeFile(
    `${path.path}/cp`,
    `#!/bin/sh\n[ "$1" != --version ] && mkdir ${path.path}/hung 2>/dev/null && exec sleep 600\nexec ${cp} "$@"\n`,
  );
  await chmod(`${path.path}/cp`, 0o755);
  const { stdout } = await runStore(
    `const outcomes = [];
    for (const tag of ['v1', 'v2']) outcomes.push(await store.deleteTag({ namespace: 'group', repository: 'app', tag })
      .then(() => 'deleted', (error) => error.message));
    await store.close();
    console.log(JSON.stringify(outcomes));`,
    `${path.path}:${process.env['PATH']}`,
  );
  await path.remove();
  expect(JSON.parse(stdout)).toEqual([expect.stringContaining('were not copied within'), 'deleted']);
  expect(await tagNamesIn(`${directory.path}/group/app`)).toEqual(['v1', 'v3']);
});

/** Runs a script with a store of the directory, in a process of its own, with another PATH. */
function runStore(script: string, path: string) {
  const module = builtModule('server/stores/layout/layout-store.ts');
  const start = `
    import { openLayoutStore } from ${JSON.stringify(module)};
    const log = { child: () => log, warn() {}, info() {} };
    const store = await openLayoutStore(${JSON.stringify(directory.path)}, log);`;
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', start + script], { env: { PATH: path } });
}

test('without the programs that copy ACLs, mode and owner survive, and deletes work', async () => {
  await store.close();
  const path = await temporaryDirectory();
  const flock = (await run('sh', '-c', 'command -v flock')).trim();
  await symlink(flock, `${path.path}/flock`);
  await chmod(index, 0o604);
  await runStore(
    `for (const tag of ['v1', 'v2']) await store.deleteTag({ namespace: 'group', repository: 'app', tag });
    await store.close();`,
    path.path,
  );
  await path.remove();
  expect(await tagNamesIn(`${directory.path}/group/app`)).toEqual(['v3']);
  expect(((await stat(index)).mode & 0o7777).toString(8)).toBe('604');
});

describe.skipIf(areMissing('setfacl', 'setfattr'))('with the tools of acl and attr', () => {
  test('ACLs and extended attributes of index.json survive deletes', async () => {
    await run('setfacl', '--modify', 'user:12345:rw', index);
    await run('setfattr', '--name', 'user.note', '--value', 'keep me', index);
    const attributes = async () => [
      await run('getfacl', '--absolute-names', '--numeric', index),
      await run('getfattr', '--absolute-names', '--dump', index),
    ];
    const before = await attributes();
    expect(before.join()).toContain('user:12345:rw');
    for (const tag of ['v1', 'v2']) {
      await store.deleteTag(appTag(tag));
      expect(await attributes()).toEqual(before);
    }
    expect(await tagNamesIn(`${directory.path}/group/app`)).toEqual(['v3']);
    expect(JSON.parse(await readFile(index, 'utf8'))).toHaveProperty('schemaVersion', 2);
  });

  test('an ACL that is set between two deletes survives the second', async () => {
    await store.deleteTag(appTag('v1'));
    await run('setfacl', '--modify', 'user:12345:rw', index);
    await store.deleteTag(appTag('v2'));
    expect(await run('getfacl', '--absolute-names', '--numeric', index)).toContain('user:12345:rw');
  });

  test('a default ACL of the directory opens the new index.json to nobody', async () => {
    await chmod(index, 0o640);
    await run('setfacl', '--default', '--modify', 'user:12345:rw', `${directory.path}/group/app`);
    await store.deleteTag(appTag('v1'));
    expect(await run('getfacl', '--absolute-names', '--numeric', index)).not.toContain('user:12345');
  });
});
