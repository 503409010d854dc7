// Images that real tools write into a layout: after a delete and a collection of what is left over, what else was written
// is there, and the tools still read it.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLayoutStore } from '../../../server/stores/layout/layout-store.ts';
import { silent } from '../../server/stores/layout/synthetic.ts';
import { COMMAND } from '../../support/built.ts';
import { makeImages, pullImage } from '../../support/images.ts';
import { tagNamesIn } from '../../support/layouts.ts';
import { areMissing, run, temporaryDirectory } from '../../support/programs.ts';
import { about } from '../support/program.ts';
import { LAYOUT_REFERRERS, TOOLS } from './tools.ts';

const missing = areMissing('go', 'skopeo', 'umoci', 'podman', 'buildah');

let images: Awaited<ReturnType<typeof temporaryDirectory>>;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let data: Awaited<ReturnType<typeof temporaryDirectory>>;

const place = () => ({ directory: directory.path, images: `${images.path}/images` });
const layout = () => `${data.path}/group/app`;

async function deleteAndCollect(tag: string): Promise<void> {
  const store = await openLayoutStore(data.path, silent);
  await store.deleteTag({ namespace: 'group', repository: 'app', tag });
  await store.close();
  await run(process.execPath, COMMAND, 'gc', '--data-dir', data.path, '--grace', '0s');
}

describe.skipIf(missing)('In a layout', () => {
  beforeAll(async () => {
    images = await temporaryDirectory();
    await makeImages(`${images.path}/images`);
    return images.remove;
  });

  beforeEach(async () => {
    directory = await temporaryDirectory();
    data = await temporaryDirectory();
    await run('mkdir', `${data.path}/group`);
    return async () => {
      await directory.remove();
      await data.remove();
    };
  });

  describe.each(TOOLS.filter((tool) => tool.writeLayout !== undefined))('$name', (tool) => {
    test(
      'The sibling of a deleted tag is whole, although what the tag left was freed',
      about(tool, 'in layouts too'),
      async () => {
        await tool.writeLayout?.(place(), layout(), 'v1', 'v2');
        const before = await pullImage(`oci:${layout()}:v2`);
        expect(before.size).toBeGreaterThan(3);
        await deleteAndCollect('v1');
        expect((await tagNamesIn(layout())).filter((tag) => tag !== '')).toEqual(['v2']);
        expect(await pullImage(`oci:${layout()}:v2`)).toEqual(before);
      },
    );
  });

  describe.each(LAYOUT_REFERRERS)('$name', (tool) => {
    test(
      'What is attached to an image is listed after the delete of one of its tags and a collection',
      about(tool),
      async () => {
        const writer = TOOLS.find(({ name }) => name === tool.name);
        await writer?.writeLayout?.(place(), layout(), 'v1', 'v2');
        for (const tag of ['v1', 'v2']) await tool.attach(place(), `${layout()}:${tag}`);
        const before = await tool.list(place(), `${layout()}:v2`);
        expect(before).not.toEqual([]);
        await deleteAndCollect('v1');
        expect(await tool.list(place(), `${layout()}:v2`)).toEqual(before);
      },
    );
  });
});
