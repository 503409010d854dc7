// A delete never writes to what is not a layout: if it fails, every byte stays.
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../../server/store.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { builtModule } from '../../../support/built.ts';
import { run, temporaryDirectory } from '../../../support/programs.ts';
import { appTag, contents, outcome, silent, writeLayout } from './synthetic.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let layout: string;
let store: Store;

beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
  await writeLayout(layout, ['v1', 'v2']);
  store = await openLayoutStore(directory.path, silent);
});

afterEach(async () => {
  await store.close();
  await directory.remove();
});

const breakages: [title: string, breakIt: () => Promise<unknown>][] = [
  ['index.json is torn for good', async () => writeFile(`${layout}/index.json`, (await indexText()).slice(0, -3))],
  ['index.json is empty', () => writeFile(`${layout}/index.json`, '')],
  ['index.json is missing', () => rm(`${layout}/index.json`)],
  ['oci-layout is missing', () => rm(`${layout}/oci-layout`)],
  ['oci-layout names another version', () => writeFile(`${layout}/oci-layout`, '{"imageLayoutVersion":"2.0.0"}')],
  ['oci-layout is not JSON', () => writeFile(`${layout}/oci-layout`, 'imageLayoutVersion: 1.0.0')],
  ['oci-layout is JSON of another kind', () => writeFile(`${layout}/oci-layout`, 'null')],
  ['oci-layout is a directory', () => replacedBy('oci-layout', (path) => mkdir(path))],
  [
    'index.json is a symbolic link',
    async () => {
      await rename(`${layout}/index.json`, `${directory.path}/elsewhere.json`);
      await symlink(`${directory.path}/elsewhere.json`, `${layout}/index.json`);
    },
  ],
  ['index.json is a directory', () => replacedBy('index.json', (path) => mkdir(path))],
  ['index.json is a pipe', () => replacedBy('index.json', (path) => run('mkfifo', path))],
  ['manifests is not an array', () => writeFile(`${layout}/index.json`, '{"schemaVersion":2,"manifests":{"v1":1}}')],
  ['manifests is missing', () => writeFile(`${layout}/index.json`, '{"schemaVersion":2}')],
  ['manifests occurs twice', async () => twice('manifests')],
  ['a descriptor has no digest', () => writeFile(`${layout}/index.json`, '{"schemaVersion":2,"manifests":[{}]}')],
  // Go reads a field in any case, and U+017F as an s: other programs would see other tags than this one.
  ['manifests occurs in other case too', async () => twice('Manifests')],
  ['manifests occurs with a long s too', async () => twice('manife\u017Fts')],
  ['annotations occur twice', () => inFirst('"annotations":{"org.opencontainers.image.ref.name":"other"}')],
  ['annotations occur in other case too', () => inFirst('"ANNOTATIONS":{"org.opencontainers.image.ref.name":"other"}')],
  ['a digest occurs in other case too', () => inFirst(`"Digest":"sha256:${'0'.repeat(64)}"`)],
  ['a digest occurs twice, once with an escape', () => inFirst(`"di\\u0067est":"sha256:${'0'.repeat(64)}"`)],
  [
    'a descriptor names two tags',
    async () =>
      writeFile(
        `${layout}/index.json`,
        (await indexText()).replace('"annotations":{', '"annotations":{"org.opencontainers.image.ref.name":"other",'),
      ),
  ],
  ['schemaVersion is 1', () => writeFile(`${layout}/index.json`, '{"schemaVersion":1,"manifests":[]}')],
];

function indexText(): Promise<string> {
  return readFile(`${layout}/index.json`, 'utf8');
}

async function twice(key: string): Promise<void> {
  await writeFile(`${layout}/index.json`, (await indexText()).replace('{', `{"${key}":[],`));
}

async function inFirst(member: string): Promise<void> {
  await writeFile(`${layout}/index.json`, (await indexText()).replace('[{', `[{${member},`));
}

async function replacedBy(name: string, make: (path: string) => Promise<unknown>): Promise<void> {
  await rm(`${layout}/${name}`);
  await make(`${layout}/${name}`);
}

describe('a broken layout is reported as invalid-layout and left alone', () => {
  test.each(breakages)('%s', async (_, breakIt) => {
    await breakIt();
    const before = await contents(directory.path);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('invalid-layout');
    expect(await contents(directory.path)).toEqual(before);
  });

  // An open store reads oci-layout again only when index.json has changed.
  test.each(breakages.filter(([title]) => title.startsWith('index.json')))(
    '%s, after a delete that succeeded',
    async (_, breakIt) => {
      expect(await outcome(store.deleteTag(appTag('v2')))).toBe('deleted');
      await breakIt();
      const before = await contents(directory.path);
      expect(await outcome(store.deleteTag(appTag('v1')))).toBe('invalid-layout');
      expect(await contents(directory.path)).toEqual(before);
    },
  );

  test('a delete succeeds again once the layout is repaired', async () => {
    const whole = await indexText();
    await writeFile(`${layout}/index.json`, whole.slice(0, 20));
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('invalid-layout');
    await writeFile(`${layout}/index.json`, whole);
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
  });
});

// Root can read everything, so a process of another user does the delete.
test('a layout that the server may not read is reported as unavailable, not as broken or missing', async () => {
  await chmod(directory.path, 0o777);
  await chmod(`${layout}/index.json`, 0o600);
  await store.close();
  await chmod(`${directory.path}/.swr-tag-delete.lock`, 0o666);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) await chmod(`${layout}/index.json`, 0);
  const script = `
    import { openLayoutStore } from ${JSON.stringify(builtModule('server/stores/layout/layout-store.ts'))};
    const log = { child: () => log, warn() {}, info() {} };
    const store = await openLayoutStore(${JSON.stringify(directory.path)}, log);
    await store.deleteTag(${JSON.stringify(appTag('v1'))}).catch((error) => console.log(error.kind));
    await store.close();`;
  const asNobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], asNobody);
  expect(stdout.trim()).toBe('unavailable');
  store = await openLayoutStore(directory.path, silent);
});

describe('a delete of what does not exist says what is missing', () => {
  test.each([
    ['an organization', { namespace: 'nobody', repository: 'app', tag: 'v1' }, 'organization-not-found'],
    ['a repository', { namespace: 'group', repository: 'none', tag: 'v1' }, 'repository-not-found'],
    [
      'a repository below a repository',
      { namespace: 'group', repository: 'app/none', tag: 'v1' },
      'repository-not-found',
    ],
    ['a tag', appTag('none'), 'tag-not-found'],
    ['a tag in other case', appTag('V1'), 'tag-not-found'],
    [
      'the file index.json as a repository',
      { namespace: 'group', repository: 'app/index.json', tag: 'v1' },
      'repository-not-found',
    ],
    ['the blobs as a repository', { namespace: 'group', repository: 'app/blobs', tag: 'v1' }, 'repository-not-found'],
    [
      'the blobs of an algorithm',
      { namespace: 'group', repository: 'app/blobs/sha256', tag: 'v1' },
      'repository-not-found',
    ],
  ])('%s', async (_, image, kind) => {
    const before = await contents(directory.path);
    expect(await outcome(store.deleteTag(image))).toBe(kind);
    expect(await contents(directory.path)).toEqual(before);
  });

  test('the folder above a repository is not a repository, whatever its name', async () => {
    await writeLayout(`${directory.path}/group/team/deep/app`, ['v1']);
    await writeLayout(`${directory.path}/group/store/blobs`, ['v1']);
    for (const repository of ['team', 'team/deep', 'store'])
      expect(await outcome(store.deleteTag({ namespace: 'group', repository, tag: 'v1' })), repository).toBe(
        'repository-not-found',
      );
    for (const repository of ['team/deep/app', 'store/blobs'])
      expect(await outcome(store.deleteTag({ namespace: 'group', repository, tag: 'v1' })), repository).toBe('deleted');
  });

  test('a repository that is removed while the server runs is not found', async () => {
    expect(await outcome(store.deleteTag(appTag('v1')))).toBe('deleted');
    await rm(layout, { recursive: true });
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('repository-not-found');
    await rm(`${directory.path}/group`, { recursive: true });
    expect(await outcome(store.deleteTag(appTag('v2')))).toBe('organization-not-found');
  });
});
