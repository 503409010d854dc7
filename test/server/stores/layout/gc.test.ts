// `npm run gc` as an operator runs it: space comes back, and no image loses anything.
import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { COMMAND } from '../../../support/built.ts';
import { skopeoCopy, tagNamesIn, umociImage } from '../../../support/layouts.ts';
import { areMissing, run, temporaryDirectory } from '../../../support/programs.ts';
import { age, appTag, contents, INDEX, MANIFEST, silent, writeBlob, writeLayout, writeManifest } from './synthetic.ts';

const DAY_SECONDS = 24 * 3_600;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let layout: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
});

afterEach(() => directory.remove());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function gc(...args: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], DATA_DIR: directory.path };
  return new Promise((resolve) =>
    execFile(process.execPath, [COMMAND, 'gc', ...args], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr }),
    ),
  );
}

async function deleteTags(...tags: string[]): Promise<void> {
  const store = await openLayoutStore(directory.path, silent);
  for (const tag of tags) await store.deleteTag(appTag(tag));
  await store.close();
}

async function blobs(): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const hex of await readdir(`${layout}/blobs/sha256`))
    sizes.set(`sha256:${hex}`, (await stat(`${layout}/blobs/sha256/${hex}`)).size);
  return sizes;
}

async function putIndex(...manifests: object[]): Promise<void> {
  await writeFile(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }));
}

function difference(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...before.keys()].filter((digest) => !after.has(digest)).sort();
}

/** An image with layer and config of its own. @returns all of its digests, the manifest's first */
async function image(tag: string, more: object = {}): Promise<{ descriptor: object; digests: string[] }> {
  const layer = await writeBlob(layout, 'application/vnd.oci.image.layer.v1.tar', Buffer.from(`layer of ${tag}`));
  const config = await writeBlob(layout, 'application/vnd.oci.image.config.v1+json', Buffer.from(`{"of":"${tag}"}`));
  const descriptor = (await writeManifest(layout, tag, { config, layers: [layer], ...more })) as { digest: string };
  return { descriptor, digests: [descriptor.digest, config.digest, layer.digest] };
}

function untagged({ annotations: _, ...descriptor }: { annotations?: unknown }): object {
  return descriptor;
}

describe.skipIf(areMissing('skopeo', 'umoci'))('on layouts of umoci and skopeo, gc', () => {
  test('frees what only the deleted tag needed, lists it with sizes, and every other tag can be copied', async () => {
    for (const tag of ['v1', 'v2', 'v3']) await umociImage(layout, tag);
    await run('umoci', 'tag', '--image', `${layout}:v2`, 'latest');
    await mkdir(`${directory.path}/group/team`);
    await skopeoCopy(`${layout}:v1`, `${directory.path}/group/team/app:v1`);
    const nested = await contents(`${directory.path}/group/team/app`);
    const before = await blobs();
    await deleteTags('v1', 'v2');
    await age(layout, 2 * DAY_SECONDS);
    const { code, stdout, stderr } = await gc('--grace', '0s');
    expect([code, stderr]).toEqual([0, '']);
    const freed = difference(before, await blobs());
    expect(freed).toHaveLength(2); // v1's manifest and config; v2's are latest's
    const sizes = freed.map((digest) => before.get(digest) as number);
    for (const [position, digest] of freed.entries())
      expect(stdout).toContain(`group/app: freed ${digest}, ${sizes[position]} bytes\n`);
    expect(stdout).toContain(`freed 2 blobs, ${sizes.reduce((sum, size) => sum + size)} bytes in all\n`);
    for (const tag of ['v3', 'latest']) await skopeoCopy(`${layout}:${tag}`, `${directory.path}/copy:${tag}`);
    expect(await contents(`${directory.path}/group/team/app`)).toEqual(nested);
  });

  test('keeps blobs written within a day by default: a push may be about to reference them', async () => {
    await umociImage(layout, 'v1');
    const before = await blobs();
    await deleteTags('v1');
    const stay = '2 more stay for now: they were written or changed within 24h (--grace)\n';
    expect((await gc()).stdout).toBe(`freed 0 blobs, 0 bytes in all\n${stay}`);
    expect((await gc('--dry-run')).stdout).toBe(`would free 0 blobs, 0 bytes in all\n${stay}`);
    expect(await blobs()).toEqual(before);
    expect((await gc('--grace', '0s')).stdout).toContain('freed 2 blobs');
    expect((await blobs()).size).toBe(0);
  });

  test('frees nothing in a dry run, and lists the same', async () => {
    await umociImage(layout, 'v1');
    const before = await blobs();
    await deleteTags('v1');
    const { code, stdout } = await gc('--grace', '0s', '--dry-run');
    expect(code).toBe(0);
    for (const [digest, size] of before) expect(stdout).toContain(`group/app: would free ${digest}, ${size} bytes\n`);
    expect(stdout).toMatch(/^would free 2 blobs, \d+ bytes in all$/m);
    expect(await blobs()).toEqual(before);
    expect((await gc('--grace', '0s')).stdout).toBe(stdout.replaceAll('would free', 'freed'));
  });

  test('reads an index without descriptors that umoci wrote', async () => {
    await umociImage(layout, 'v1');
    await run('umoci', 'rm', '--image', `${layout}:v1`);
    const { code, stdout } = await gc('--grace', '0s');
    expect([code, stdout]).toEqual([0, expect.stringContaining('freed 2 blobs')]);
  });
});

describe('gc keeps', () => {
  beforeEach(() => writeLayout(layout, []));

  test('the children of an image index, nested ones too, with everything that they need', async () => {
    const [amd64, arm64, gone] = [await image('amd64'), await image('arm64'), await image('gone')];
    const listing = (...manifests: object[]) =>
      writeBlob(layout, INDEX, Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })));
    const inner = await listing(untagged(arm64.descriptor));
    const outer = await listing(untagged(amd64.descriptor), inner);
    await putIndex({ ...outer, annotations: { 'org.opencontainers.image.ref.name': 'multi' } });
    const before = await blobs();
    expect((await gc('--grace', '0s')).code).toBe(0);
    expect(difference(before, await blobs())).toEqual([...gone.digests].sort());
  });

  test('the subject of a referrer, and the referrer that the index lists', async () => {
    const [subject, gone] = [await image('subject'), await image('gone')];
    const signature = await image('signature', { subject: untagged(subject.descriptor) });
    await putIndex(untagged(signature.descriptor));
    const before = await blobs();
    expect((await gc('--grace', '0s')).code).toBe(0);
    expect(difference(before, await blobs())).toEqual([...gone.digests].sort());
  });

  test('an image whose descriptor has no media type', async () => {
    const { descriptor } = await image('v1');
    const { mediaType: _, ...bare } = descriptor as { mediaType: string };
    await putIndex(bare);
    const before = await blobs();
    expect((await gc('--grace', '0s')).code).toBe(0);
    expect(await blobs()).toEqual(before);
  });

  test('a blob that is younger than the grace, next to an older one that goes', async () => {
    const old = await image('old');
    await age(layout, 100);
    await putIndex();
    // The inode's change time counts too and cannot be set back, so the old blobs have to outlive a short grace.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const young = await image('young');
    // Still young when gc looks, however long it takes to start.
    const later = Date.now() / 1_000 + 3_600;
    for (const digest of young.digests) await utimes(`${layout}/blobs/${digest.replace(':', '/')}`, later, later);
    const before = await blobs();
    expect((await gc('--grace', '2s')).code).toBe(0);
    expect(difference(before, await blobs())).toEqual([...old.digests].sort());
    expect([...(await blobs()).keys()].sort()).toEqual([...young.digests].sort());
  });

  test('a file among the blobs that is not named like a digest, such as a copy in progress', async () => {
    await mkdir(`${layout}/blobs/sha256`, { recursive: true });
    await writeFile(`${layout}/blobs/sha256/oci-put-blob123`, 'half');
    expect((await gc('--grace', '0s')).stdout).toContain('freed 0 blobs');
    expect(await readdir(`${layout}/blobs/sha256`)).toEqual(['oci-put-blob123']);
  });
});

describe('gc leaves a layout alone that it cannot read', () => {
  const breakages: [string, () => Promise<unknown>][] = [
    ['a broken index.json', async () => writeFile(`${layout}/index.json`, '{"schemaVersion":2,"manifests":[')],
    [
      'blobs behind a symbolic link, which may be shared',
      async () => {
        await rename(`${layout}/blobs`, `${directory.path}/shared-blobs`);
        await symlink(`${directory.path}/shared-blobs`, `${layout}/blobs`);
      },
    ],
    ['a missing index.json', () => rm(`${layout}/index.json`)],
    ['another layout version', () => writeFile(`${layout}/oci-layout`, '{"imageLayoutVersion":"9"}')],
    [
      'a manifest that is not JSON',
      async () => putIndex({ ...(await writeBlob(layout, MANIFEST, Buffer.from('{"schema'))) }),
    ],
    [
      'a digest that leads out of the blobs',
      () => putIndex({ mediaType: MANIFEST, digest: 'sha256:../../../x', size: 1 }),
    ],
  ];

  test.each(breakages)(
    '%s: it names the layout on standard error, exits with 1, and collects the others',
    async (_, breakIt) => {
      await writeLayout(layout, ['v1']);
      await breakIt();
      const other = `${directory.path}/group/other`;
      await writeLayout(other, ['v1']);
      await writeBlob(other, MANIFEST, Buffer.from('{}'));
      const before = await contents(layout);
      const { code, stdout, stderr } = await gc('--grace', '0s');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^group\/app: left alone: ./);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(stdout).toContain('group/other: freed ');
      expect(await contents(layout)).toEqual(before);
    },
  );
});

describe('options are checked', () => {
  test.each(['24', '1.5h', 'h', '-1s', '1w', ''])('--grace %o is refused with exit code 2', async (grace) => {
    await writeLayout(layout, []);
    await writeBlob(layout, MANIFEST, Buffer.from('{}'));
    const { code, stderr } = await gc(`--grace=${grace}`);
    expect(code).toBe(2);
    expect(stderr).toContain('a number with s, m, h or d, such as 24h');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect((await blobs()).size).toBe(1);
  });

  test('a data directory that does not exist is named, with exit code 2', async () => {
    const { code, stderr } = await gc('--data-dir', `${directory.path}/none`);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `error: --data-dir (or DATA_DIR) must be a directory that exists; there is none at ${directory.path}/none\n`,
    );
  });
});

test('gc leaves tagged images byte for byte as they were', async () => {
  await writeLayout(layout, ['v1', 'v2']);
  const before = await contents(layout);
  expect((await gc('--grace', '0s')).code).toBe(0);
  expect(await contents(layout)).toEqual(before);
  expect(await tagNamesIn(layout)).toEqual(['v1', 'v2']);
});

test('gc whose output goes away ends, without a stack on the terminal', async () => {
  await writeLayout(layout, ['v1']);
  for (let blob = 0; blob < 3_000; blob += 1) await writeBlob(layout, MANIFEST, Buffer.from(`{"x":${blob}}`));
  const line = `"${process.execPath}" "${COMMAND}" gc --data-dir "${directory.path}" --grace 0s --dry-run | head -1`;
  const shell = await new Promise<{ stdout: string; stderr: string }>((resolve) =>
    execFile('sh', ['-c', line], { timeout: 60_000 }, (_, stdout, stderr) => resolve({ stdout, stderr })),
  );
  expect(shell.stdout).toMatch(/^group\/app: would free /);
  expect(shell.stderr).toBe('');
});
