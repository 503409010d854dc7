// Deletes as users send them, on layouts that umoci and skopeo wrote. The sibling that shares the image survives.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTagClient, type ImageTag } from '../../../../client/index.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { skopeoCopy, skopeoSees, tagNamesIn, tagsIn, umociImage } from '../../../support/layouts.ts';
import { areMissing, run, temporaryDirectory } from '../../../support/programs.ts';
import { startServer, type TestServer, TOKEN } from '../../../support/server.ts';
import { contents, INDEX, silent, writeBlob } from './synthetic.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: TestServer;
let layout: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
  server = await startServer({ store: await openLayoutStore(directory.path, silent) });
});

afterEach(async () => {
  await server.close();
  await directory.remove();
});

/** @returns 204, or the status of the failure */
async function deleteWithClient(image: ImageTag): Promise<number | undefined> {
  return createTagClient({ baseUrl: server.url, token: TOKEN })
    .deleteTag(image)
    .then(
      () => 204,
      ({ status }: { status?: number }) => status,
    );
}

async function deleteWithCurl({ namespace, repository, tag }: ImageTag): Promise<number> {
  const path = `/v2/manage/namespaces/${namespace}/repos/${repository.replaceAll('/', '$')}/tags/${tag}`;
  const format = ['--silent', '--max-time', '20', '--output', '/dev/null', '--write-out', '%{http_code}'];
  return Number(await run('curl', ...format, '-X', 'DELETE', '-H', `X-Auth-Token: ${TOKEN}`, `${server.url}${path}`));
}

/** A request is logged when its answer is sent, which may be after the caller has it. */
function logged(fields: object): Promise<void> {
  return vi.waitFor(() => expect(server.logged).toContainEqual(expect.objectContaining(fields)), {
    timeout: 20_000,
  });
}

async function digestOf(tag: string): Promise<string | undefined> {
  return (await tagsIn(layout)).find(([name]) => name === tag)?.[1];
}

async function addDescriptor(descriptor: object): Promise<void> {
  const index = JSON.parse(await readFile(`${layout}/index.json`, 'utf8')) as { manifests: object[] };
  index.manifests.push(descriptor);
  await writeFile(`${layout}/index.json`, JSON.stringify(index));
}

function named(tag: string): object {
  return { annotations: { 'org.opencontainers.image.ref.name': tag } };
}

describe.skipIf(areMissing('skopeo', 'umoci', 'curl')).each([
  ['the client', deleteWithClient],
  ['curl', deleteWithCurl],
])('a delete with %s', (_, deleteTag) => {
  test('leaves the sibling of the same digest: it can still be inspected and copied', async () => {
    await umociImage(layout, 'v1');
    await run('umoci', 'tag', '--image', `${layout}:v1`, 'latest');
    const digest = await digestOf('latest');
    expect(await digestOf('v1')).toBe(digest);
    expect(await deleteTag({ namespace: 'group', repository: 'app', tag: 'v1' })).toBe(204);
    expect(await tagsIn(layout)).toEqual([['latest', digest]]);
    expect(await skopeoSees(layout, 'latest')).toBe(true);
    expect(await skopeoSees(layout, 'v1')).toBe(false);
    await skopeoCopy(`${layout}:latest`, `${directory.path}/copy:latest`);
    expect(await skopeoSees(`${directory.path}/copy`, 'latest')).toBe(true);
  });

  test('removes a multi-arch tag and leaves the tags of its children', async () => {
    await umociImage(layout, 'amd64');
    await umociImage(layout, 'arm64');
    const manifests = await Promise.all(
      ['amd64', 'arm64'].map(async (architecture) => {
        const { manifests } = JSON.parse(await readFile(`${layout}/index.json`, 'utf8')) as {
          manifests: { annotations: Record<string, string> }[];
        };
        const { annotations, ...descriptor } = manifests.find(
          (one) => one.annotations['org.opencontainers.image.ref.name'] === architecture,
        ) as { annotations: object };
        return { ...descriptor, platform: { architecture, os: 'linux' } };
      }),
    );
    const index = { schemaVersion: 2, mediaType: INDEX, manifests };
    await addDescriptor({ ...(await writeBlob(layout, INDEX, Buffer.from(JSON.stringify(index)))), ...named('multi') });
    await run('skopeo', 'inspect', '--raw', `oci:${layout}:multi`);
    expect(await deleteTag({ namespace: 'group', repository: 'app', tag: 'multi' })).toBe(204);
    expect(await tagNamesIn(layout)).toEqual(['amd64', 'arm64']);
    expect(await skopeoSees(layout, 'amd64')).toBe(true);
    expect(await skopeoSees(layout, 'arm64')).toBe(true);
  });

  test('removes every descriptor of a tag that occurs twice, and logs both digests', async () => {
    await umociImage(layout, 'v1');
    await umociImage(layout, 'other');
    const [first, second] = [await digestOf('v1'), await digestOf('other')];
    await addDescriptor({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: second,
      size: 1,
      ...named('v1'),
    });
    expect(await deleteTag({ namespace: 'group', repository: 'app', tag: 'v1' })).toBe(204);
    expect(await tagsIn(layout)).toEqual([['other', second]]);
    await logged({ outcome: 'done', digests: [first, second] });
  });

  test('reaches a repository with a slash, and not the one above it', async () => {
    layout = `${directory.path}/group/team/app`;
    await umociImage(`${directory.path}/group/team`, 'v1');
    await umociImage(layout, 'v1');
    expect(await deleteTag({ namespace: 'group', repository: 'team/app', tag: 'v1' })).toBe(204);
    expect(await tagsIn(`${directory.path}/group/team`)).toHaveLength(1);
    expect(await deleteTag({ namespace: 'group', repository: 'team', tag: 'v1' })).toBe(204);
    expect(await deleteTag({ namespace: 'group', repository: 'team', tag: 'v1' })).toBe(404);
  });

  test('of the last tag leaves the repository, which takes pushes', async () => {
    await umociImage(layout, 'v1');
    await skopeoCopy(`${layout}:v1`, `${directory.path}/copy:v1`);
    const image = { namespace: 'group', repository: 'app', tag: 'v1' };
    expect(await deleteTag(image)).toBe(204);
    expect(await deleteTag(image)).toBe(404);
    await logged({ outcome: 'tag-not-found' });
    await skopeoCopy(`${directory.path}/copy:v1`, `${layout}:v2`);
    await umociImage(layout, 'v3');
    expect(await tagNamesIn(layout)).toEqual(['v2', 'v3']);
  });

  test('is answered 404 in a layout that umoci has emptied (it writes "manifests":null)', async () => {
    await umociImage(layout, 'v1');
    await run('umoci', 'rm', '--image', `${layout}:v1`);
    expect(await readFile(`${layout}/index.json`, 'utf8')).toContain('null');
    expect(await deleteTag({ namespace: 'group', repository: 'app', tag: 'v1' })).toBe(404);
    await logged({ outcome: 'tag-not-found' });
  });
});

describe.skipIf(areMissing('skopeo', 'umoci'))('a delete leaves in the directory', () => {
  test('unknown fields, odd white space and large numbers, byte for byte', async () => {
    await umociImage(layout, 'v1');
    const { manifests } = JSON.parse(await readFile(`${layout}/index.json`, 'utf8')) as { manifests: [object] };
    const kept = `{ "x-big":12345678901234567890,${JSON.stringify({ ...manifests[0], ...named('v2') }).slice(1)}`;
    const text = (inner: string) =>
      `{\n  "x-first": [1e400, "\\u007b"],\n  "manifests": [\n    ${inner}\n  ],\n  "schemaVersion": 2 }\n`;
    await writeFile(`${layout}/index.json`, text(`${JSON.stringify(manifests[0])},\n    ${kept}`));
    expect(await deleteWithClient({ namespace: 'group', repository: 'app', tag: 'v1' })).toBe(204);
    expect(await readFile(`${layout}/index.json`, 'utf8')).toBe(text(kept));
    expect(await skopeoSees(layout, 'v2')).toBe(true);
  });

  test('the same files with the same mode, and every blob: no temporary file, no space freed yet', async () => {
    await umociImage(layout, 'v1');
    await umociImage(layout, 'v2');
    const [before, mode] = [await contents(layout), (await stat(`${layout}/index.json`)).mode];
    expect(await deleteWithClient({ namespace: 'group', repository: 'app', tag: 'v1' })).toBe(204);
    const after = await contents(layout);
    expect((await stat(`${layout}/index.json`)).mode).toBe(mode);
    expect((await readdir(layout)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    before.delete('index.json');
    after.delete('index.json');
    expect(after).toEqual(before);
  });
});
