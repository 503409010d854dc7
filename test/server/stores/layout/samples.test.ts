import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeSamples } from '../../../../server/stores/layout/samples.ts';
import { skopeoSees, tagsIn } from '../../../support/layouts.ts';
import { areMissing, run, temporaryDirectory } from '../../../support/programs.ts';
import { contents } from './synthetic.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let samples: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  samples = `${directory.path}/data`;
  await makeSamples(samples);
});

afterEach(() => directory.remove());

describe.skipIf(areMissing('skopeo', 'umoci'))('the sample images', () => {
  test('are layouts that skopeo inspects and umoci lists', async () => {
    for (const [repository, tags] of Object.entries({
      'group/busybox': ['v1', 'v2', 'latest'],
      'group/team/app': ['v1'],
    })) {
      for (const tag of tags)
        expect(await skopeoSees(`${samples}/${repository}`, tag), `${repository}:${tag}`).toBe(true);
      const listed = await run('umoci', 'ls', '--layout', `${samples}/${repository}`);
      expect(listed.trim().split('\n').sort()).toEqual([...tags].sort());
    }
  });
});

test('two sample tags share a digest, so that a first try shows the sibling survive', async () => {
  const digests = new Map(await tagsIn(`${samples}/group/busybox`));
  expect(digests.get('v2')).toBe(digests.get('latest'));
  expect(digests.get('v1')).not.toBe(digests.get('v2'));
});

test('a directory that has images already is left as it is', async () => {
  const before = await contents(directory.path);
  await expect(makeSamples(samples)).rejects.toThrow();
  expect(await contents(directory.path)).toEqual(before);
});
