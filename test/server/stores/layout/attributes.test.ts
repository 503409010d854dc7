// index.json is replaced by a new file: what protects it must be the same on the new one.
import { chmod, chown, readFile, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { tagsIn } from '../../../support/layouts.ts';
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
    expect((await tagsIn(`${directory.path}/group/app`)).map(([tag]) => tag)).toEqual(['v3']);
    expect(JSON.parse(await readFile(index, 'utf8'))).toHaveProperty('schemaVersion', 2);
  });

  test('a default ACL of the directory opens the new index.json to nobody', async () => {
    await chmod(index, 0o640);
    await run('setfacl', '--default', '--modify', 'user:12345:rw', `${directory.path}/group/app`);
    await store.deleteTag(appTag('v1'));
    expect(await run('getfacl', '--absolute-names', '--numeric', index)).not.toContain('user:12345');
  });
});
