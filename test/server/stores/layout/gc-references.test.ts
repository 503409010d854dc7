// gc frees nothing that anything might reference, in whatever format, and one layout costs no other.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobRemover } from '../../../../server/stores/layout/gc/blobs.ts';
import { COMMAND } from '../../../support/built.ts';
import { run, temporaryDirectory } from '../../../support/programs.ts';
import { contents, INDEX, MANIFEST, writeBlob, writeLayout } from './synthetic.ts';

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let layout: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
  await writeLayout(layout, []);
  await writeBlob(layout, LAYER, garbage);
});

afterEach(() => directory.remove());

const garbage = gzipSync('garbage');
const garbageHex = createHash('sha256').update(garbage).digest('hex');

function gc(user: object = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = [COMMAND, 'gc', '--data-dir', directory.path, '--grace', '0s'];
  return new Promise((resolve) =>
    execFile(process.execPath, args, { timeout: 60_000, killSignal: 'SIGKILL', ...user }, (error, stdout, stderr) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr }),
    ),
  );
}

function layer(content: string, of = layout) {
  return writeBlob(of, LAYER, gzipSync(content));
}

function json(mediaType: string, value: unknown, of = layout) {
  return writeBlob(of, mediaType, Buffer.from(JSON.stringify(value)));
}

async function putIndex(of: string, ...manifests: object[]): Promise<void> {
  await writeFile(`${of}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }));
}

function hexOf({ digest }: { digest: string }): string {
  return digest.split(':')[1] as string;
}

async function blobNames(of = layout): Promise<string[]> {
  const names = await readdir(`${of}/blobs`, { recursive: true, withFileTypes: true });
  return names.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** Runs gc and expects that it frees the garbage and nothing else. */
async function expectAllKept(): Promise<void> {
  const before = await blobNames();
  const { code, stderr } = await gc();
  expect([code, stderr]).toEqual([0, '']);
  expect((await blobNames()).sort()).toEqual(before.filter((name) => name !== garbageHex).sort());
}

describe('a tagged image keeps what it references', () => {
  // regclient/regclient#146
  test('in the `fsLayers` of a Docker schema 1 manifest', async () => {
    const layers = [await layer('one'), await layer('two')];
    const signed = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    const v1Compatibility = JSON.stringify({ container_config: { Image: (await layer('three')).digest } });
    await putIndex(
      layout,
      await json(signed, {
        schemaVersion: 1,
        fsLayers: layers.map(({ digest }) => ({ blobSum: digest })),
        history: [{ v1Compatibility }],
      }),
    );
    await expectAllKept();
  });

  test('in a manifest that stands among the layers of another', async () => {
    const inner = await json(MANIFEST, {
      config: await json('application/vnd.oci.image.config.v1+json', { of: 'inner' }),
      layers: [await layer('inner')],
    });
    await putIndex(layout, await json(MANIFEST, { layers: [{ ...inner, mediaType: LAYER }] }));
    await expectAllKept();
  });

  test('in a format that nobody knows: at any depth, under any key, as a key, with escapes', async () => {
    const [deep, key, escaped, bare] = [
      await layer('deep'),
      await layer('key'),
      await layer('esc'),
      await layer('bare'),
    ];
    const text = JSON.stringify({
      x: [[{ y: { z: `see ${deep.digest}!` } }], { [key.digest]: true }, hexOf(bare).toUpperCase()],
      e: '@',
    }).replace('@', escaped.digest.replaceAll('a', '\\u0061').replace(':', '\\u003A'));
    await putIndex(layout, await writeBlob(layout, 'application/x-unknown', Buffer.from(text)));
    await expectAllKept();
  });

  test('in an index.json with megabytes of hex digits', async () => {
    const manifest = await json(MANIFEST, { layers: [await layer('one')] });
    // The regular expression engine would run out of stack.
    await putIndex(layout, manifest, { ...manifest, annotations: { note: 'a0'.repeat(10_000_000) } });
    await expectAllKept();
  });

  test('in a layer that is text, such as YAML, however long', async () => {
    const [near, far] = [await layer('near'), await layer('far')];
    const filler = '# nothing here\n'.repeat(100_000);
    const list = await writeBlob(
      layout,
      'application/yaml',
      Buffer.from(`images:\n- app@${near.digest}\n${filler}- app@${far.digest}\n`),
    );
    await putIndex(layout, await json(MANIFEST, { layers: [list] }));
    await expectAllKept();
  });

  test.each(['sha512', 'blake3'])('by %s', async (algorithm) => {
    const hex = algorithm === 'sha512' ? createHash('sha512').update('x').digest('hex') : 'b3'.repeat(32);
    await mkdir(`${layout}/blobs/${algorithm}`);
    await writeFile(`${layout}/blobs/${algorithm}/${hex}`, gzipSync('x'));
    await putIndex(layout, await json(MANIFEST, { layers: [{ digest: `${algorithm}:${hex}` }] }));
    await expectAllKept();
  });

  test('through a blob of an algorithm that is not registered, which is never freed', async () => {
    const inner = await layer('inner');
    await mkdir(`${layout}/blobs/md5`);
    await writeFile(`${layout}/blobs/md5/${'d'.repeat(32)}`, JSON.stringify({ layers: [inner] }));
    await putIndex(layout);
    await expectAllKept();
  });

  test('in an index within an index, with subjects and foreign layers', async () => {
    const foreign = { mediaType: LAYER, digest: `sha256:${'f'.repeat(64)}`, urls: ['http://layers.example/x'] };
    const image = await json(MANIFEST, { layers: [await layer('image'), foreign] });
    const referrer = await json(MANIFEST, { subject: image, layers: [await layer('signature')] });
    const inner = await json(INDEX, { schemaVersion: 2, manifests: [referrer] });
    await putIndex(layout, await json(INDEX, { schemaVersion: 2, manifests: [inner] }));
    await expectAllKept();
  });
});

/** How a second layout gets its blobs from `group/app`. */
type Sharing = [how: string, share: (other: string) => Promise<void>];

const LINKS_TO_BLOBS: readonly Sharing[] = [
  ['by a link to all blobs', (other: string) => symlink('../app/blobs', `${other}/blobs`)],
  [
    'by a link to one algorithm',
    async (other: string) => {
      await mkdir(`${other}/blobs`);
      await symlink('../../app/blobs/sha256', `${other}/blobs/sha256`);
    },
  ],
];

describe('a layout whose blobs are elsewhere', () => {
  test.each([...LINKS_TO_BLOBS, ['in a shared directory, as with --dest-shared-blob-dir', async () => undefined]])(
    'loses none of them, %s',
    async (_, share) => {
      const other = `${directory.path}/group/other`;
      const image = await json(MANIFEST, { layers: [await layer('shared')] });
      await putIndex(layout);
      await mkdir(other);
      await writeFile(`${other}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
      await putIndex(other, image);
      await share(other);
      const before = await blobNames();
      const { code, stderr } = await gc();
      expect(code).toBe(1);
      expect(stderr).toMatch(/^group\/other: left alone: /);
      expect((await blobNames()).sort()).toEqual(before.filter((name) => name !== garbageHex).sort());
    },
  );

  test.each([
    ['each layer', false],
    ['every blob', true],
  ])('loses none of them, by a link for %s', async (_, isManifestLinked) => {
    const other = `${directory.path}/group/other`;
    await writeLayout(other, []);
    await mkdir(`${other}/blobs/sha256`, { recursive: true });
    const shared = await layer('shared');
    const image = await json(MANIFEST, { layers: [shared] }, isManifestLinked ? layout : other);
    await putIndex(other, image);
    const linked = [shared, ...(isManifestLinked ? [image] : [])].map(hexOf);
    for (const hex of linked) await symlink(`../../../app/blobs/sha256/${hex}`, `${other}/blobs/sha256/${hex}`);
    await gc();
    expect((await blobNames()).sort()).toEqual(linked.sort());
  });
});

describe('a layout whose index cannot be read', () => {
  const BROKEN = '{"schemaVersion":2,"manifests":[';

  test.each<Sharing>([
    ...LINKS_TO_BLOBS,
    ['in a shared directory', async () => undefined],
    [
      'by a link for each blob',
      async (other: string) => {
        await mkdir(`${other}/blobs/sha256`, { recursive: true });
        await symlink(`../../../app/blobs/sha256/${garbageHex}`, `${other}/blobs/sha256/${garbageHex}`);
      },
    ],
  ])('loses none of the blobs that it uses of another layout, %s', async (_, share) => {
    const other = `${directory.path}/group/other`;
    await mkdir(other);
    await writeFile(`${other}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(`${other}/index.json`, BROKEN);
    await share(other);
    const { code, stderr } = await gc();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^group\/other: left alone: /m);
    expect(await blobNames()).toEqual([garbageHex]);
  });
});

describe('one layout costs no other', () => {
  // distribution/distribution#1640
  test('if a directory cannot be read, as lost+found: it is named, with exit code 1', async () => {
    await mkdir(`${directory.path}/aaa/lost+found`, { recursive: true });
    await chmod(`${directory.path}/aaa/lost+found`, 0o700);
    await mkdir(`${directory.path}/lost+found`, { mode: 0o700 });
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await run('chown', '--recursive', '65534', `${directory.path}/group`);
    else for (const path of ['aaa/lost+found', 'lost+found']) await chmod(`${directory.path}/${path}`, 0);
    await chmod(directory.path, 0o755);
    const { code, stdout, stderr } = await gc(isRoot ? { uid: 65_534, gid: 65_534 } : {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/^aaa\/lost\+found: left alone: EACCES.*\nlost\+found: left alone: EACCES.*\n$/);
    expect(stdout).toContain('group/app: freed ');
    for (const path of ['aaa/lost+found', 'lost+found']) await chmod(`${directory.path}/${path}`, 0o700);
  });

  test('if it is in the blobs of another: `app` and `app/blobs` may both be repositories', async () => {
    await writeLayout(`${layout}/blobs`, []);
    await writeBlob(`${layout}/blobs`, LAYER, garbage);
    const { code, stdout } = await gc();
    expect(code).toBe(0);
    expect(stdout).toContain(`group/app: freed sha256:${garbageHex}`);
    expect(stdout).toContain(`group/app/blobs: freed sha256:${garbageHex}`);
    expect(await readFile(`${layout}/blobs/index.json`, 'utf8')).toContain('schemaVersion');
  });

  test.each([
    ['a pipe', (path: string) => run('mkfifo', path)],
    ['a directory', (path: string) => mkdir(path)],
  ])('if %s has the name of a manifest: it is left alone and named', async (_, make) => {
    const other = `${directory.path}/group/other`;
    await writeLayout(other, []);
    const manifest = await json(MANIFEST, {}, other);
    await rm(`${other}/blobs/sha256/${hexOf(manifest)}`);
    await make(`${other}/blobs/sha256/${hexOf(manifest)}`);
    await putIndex(other, await json(INDEX, { manifests: [manifest] }, other));
    const { code, stdout, stderr } = await gc();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^group\/other: left alone: .*is not a regular file/);
    expect(stdout).toContain('group/app: freed ');
  });
});

describe('symbolic links', () => {
  test('within a namespace are told to be another name of what is collected, and those that leave it are left alone', async () => {
    await symlink('app', `${directory.path}/group/alias`);
    await mkdir(`${directory.path}/other`);
    await symlink('../group/app', `${directory.path}/other/link`);
    await symlink('group', `${directory.path}/namespace`);
    const { code, stdout, stderr } = await gc();
    expect(code).toBe(1);
    expect(stdout).toContain('group/alias: a symbolic link to group/app');
    expect(stdout.match(/freed sha256/g)).toHaveLength(1);
    expect(stderr).toMatch(/^namespace: left alone: .*symbolic link.*$/m);
    expect(stderr).toMatch(/^other\/link: left alone: .*leaves its namespace.*$/m);
  });

  test('to another disk are followed if they are a namespace: the server deletes there too', async () => {
    await rename(`${directory.path}/group`, `${directory.path}.disk`);
    await symlink(`${directory.path}.disk`, `${directory.path}/group`);
    try {
      const { code, stdout } = await gc();
      expect([code, stdout]).toEqual([0, expect.stringContaining(`group/app: freed sha256:${garbageHex}`)]);
    } finally {
      await rm(`${directory.path}.disk`, { recursive: true });
    }
  });

  test('that are put in place of the blobs while gc works lead to no blob of another layout', async () => {
    const other = `${directory.path}/group/other`;
    await writeLayout(other, ['v1']);
    const before = await contents(other);
    const [victim] = await readdir(`${other}/blobs/sha256`);
    const remover = await BlobRemover.open(layout, 'sha256');
    await rename(`${layout}/blobs`, `${layout}/away`);
    await symlink(`${other}/blobs`, `${layout}/blobs`);
    await expect(remover.remove(victim as string)).rejects.toThrow('ENOENT');
    await remover.close();
    await expect(BlobRemover.open(layout, 'sha256')).rejects.toThrow('symbolic link');
    expect(await contents(other)).toEqual(before);
  });
});

// What a name says must not pass for a line of gc's own, and a name that cannot be read is not passed over.
test('A directory whose name has control characters or is not UTF-8 is named on one line', async () => {
  for (const name of [Buffer.from('a\n\u001b]0;x\u0007 b: freed'), Buffer.from('6361fe', 'hex')]) {
    const path = Buffer.concat([Buffer.from(`${directory.path}/group/`), name]);
    await mkdir(path);
    await writeFile(Buffer.concat([path, Buffer.from('/oci-layout')]), 'broken');
  }
  const { code, stderr } = await gc();
  expect(code).toBe(1);
  expect(stderr.trim().split('\n').toSorted()).toEqual([
    expect.stringMatching(/^group\/a\\u\{a\}\\u\{1b\}\]0;x\\u\{7\} b: freed: left alone: /),
    'group/ca\ufffd: left alone: its name is not valid UTF-8',
  ]);
});
