// A server that was killed between the two steps of a delete, and starts again. It finishes what was begun, and nothing
// else. All registries are scripted.
import { readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { DataDirInUse } from '../../../../server/stores/lock.ts';
import { Intents } from '../../../../server/stores/registry/intents.ts';
import { answering } from '../../../support/faults.ts';
import { run } from '../../../support/programs.ts';
import { digestOf, imageManifest, inParallel, RegistryClient } from '../../../support/registry-client.ts';
import { appTag, numbered, outcome, recordedLog, silent } from '../layout/synthetic.ts';
import {
  APP,
  abandonDelete,
  deletesPlaceholder,
  digestsOf,
  expectImages,
  freshDirectory,
  IMAGES,
  INTENTS,
  openStore,
  puts,
  startFilled,
  sweeps,
} from './scripted.ts';

const REGISTRY = new URL('http://registry.example/');

/** Makes a record as many seconds old. */
async function aged(path: string, seconds: number): Promise<void> {
  const then = Date.now() / 1_000 - seconds;
  await utimes(path, then, then);
}

describe('A delete that was interrupted', () => {
  test('An interrupted delete is finished at the next start without a write', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared', v3: 'own' });
    const before = registry.requests.length;
    await openStore(registry, { stateDir });
    await expectImages(registry, { v2: 'shared' });
    expect(puts(registry, before)).toEqual([]);
  });

  test('An interrupted delete is finished while other deletes come without a pause', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    let isOver = false;
    const store = await openStore(registry, { stateDir });
    const askForEver = async () => {
      while (!isOver) await outcome(store.deleteTag(appTag('missing')));
    };
    const asking = Array.from({ length: 4 }, askForEver);
    await expectImages(registry, { v2: 'shared', v3: 'own' }).finally(() => {
      isOver = true;
    });
    await Promise.all(asking);
  });

  test('An image that was pushed to the tag meanwhile survives', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    const placeholder = await abandonDelete(registry, stateDir, { v1: 'shared', v3: 'own' });
    let isPushed = false;
    // After the look at the tag, and before the delete.
    const beforeAnswer = ({ method }: { readonly method: string }) => {
      if (method === 'DELETE' && !isPushed) registry.fill(APP, { v1: 'pushed' });
      if (method === 'DELETE') isPushed = true;
    };
    registry.traits = { ...registry.traits, beforeAnswer };
    const before = registry.requests.length;
    await openStore(registry, { stateDir });
    await expectImages(registry, { v1: 'pushed', v2: 'shared' });
    await sweeps(registry, 2);
    expect(registry.images(APP)).toEqual({ v1: 'pushed', v2: 'shared' });
    expect(puts(registry, before)).toEqual([]);
    expect(registry.requests.map(({ reference }) => reference)).toContain(placeholder.digest);
  });

  test('An interrupted delete is finished after a short failure of the registry, and no image comes back', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    let failures = 5;
    const fault = ({ method }: { readonly method: string }) =>
      method === 'DELETE' && failures-- > 0 ? answering(503) : undefined;
    registry.traits = { ...registry.traits, fault };
    const before = registry.requests.length;
    await openStore(registry, { stateDir });
    await expectImages(registry, { v2: 'shared', v3: 'own' });
    expect(failures).toBeLessThan(0);
    expect(puts(registry, before)).toEqual([]);
  });

  test('A tag gets its image back if deletion has been switched off', async () => {
    const registry = await startFilled({ deleteByDigest: 'disabled' });
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    await openStore(registry, { stateDir });
    await expectImages(registry, IMAGES);
  });

  test('A tag gets its image back if every delete fails, and is then left alone', async () => {
    const registry = await startFilled();
    registry.traits = {
      ...registry.traits,
      fault: (request) => (deletesPlaceholder(registry, request) ? answering(500) : undefined),
    };
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    const before = registry.requests.length;
    await openStore(registry, { stateDir });
    await expectImages(registry, IMAGES);
    await sweeps(registry, 2);
    expect(puts(registry, before)).toEqual(['v1']);
    expect(registry.images(APP)).toEqual(IMAGES);
  });

  test('A tag gets back the image that the placeholder replaced, not that of an older delete', async () => {
    const registry = await startFilled({ deleteByDigest: 'disabled' });
    registry.fill(APP, { v1: 'newer' });
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'newer' }, { v1: 'own', v2: 'own' });
    await openStore(registry, { stateDir });
    await expectImages(registry, { ...IMAGES, v1: 'newer' });
  });

  test('A dangling tag gets back the image of its latest delete', async () => {
    const registry = await startFilled({ isScanTorn: () => true });
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    const [older = ''] = await readdir(join(stateDir, INTENTS));
    await aged(join(stateDir, INTENTS, older), 10);
    registry.fill(APP, { v1: 'newer' });
    const { digest } = await abandonDelete(registry, stateDir, { v1: 'newer' });
    expect(await new RegistryClient(registry.url.href).deleteManifest(APP, digest)).toBe(500);
    expect(registry.images(APP)).toEqual({ ...IMAGES, v1: 'dangling' });
    registry.traits = { ...registry.traits, deleteByDigest: 'disabled' };
    await openStore(registry, { stateDir });
    await expectImages(registry, { ...IMAGES, v1: 'newer' });
  });

  test('Recovery sends few requests to a registry that fails now and then', async () => {
    const registry = await startFilled();
    const tags = numbered('v', 256);
    registry.fill(APP, Object.fromEntries(tags.map((tag) => [tag, tag])));
    const store = await openStore(registry);
    let written = 0;
    const fault = ({ method }: { readonly method: string }) =>
      method === 'PUT' && written++ % 10 === 0 ? answering(503) : undefined;
    registry.traits = { ...registry.traits, fault };
    await inParallel(tags, (tag) => store.deleteTag(appTag(tag)), 64);
    await sweeps(registry, 1);
    const before = registry.requests.length;
    // Two sweeps, each of them one list of the tags.
    await delay(2_500);
    expect(registry.requests.length - before).toBeLessThan(6);
    expect(registry.images(APP)).toEqual(IMAGES);
  });

  test('An interrupted delete of more tags than one placeholder names is finished', async () => {
    const registry = await startFilled({ isScanTorn: () => true });
    const stateDir = await freshDirectory();
    const images = Object.fromEntries(numbered('a-long-tag'.repeat(10), 400).map((tag) => [tag, 'torn']));
    registry.fill(APP, images);
    await new Intents(stateDir, registry.url, silent).record(APP, digestsOf(images));
    await new RegistryClient(registry.url.href).deleteManifest(APP, digestOf(imageManifest('torn')));
    expect(new Set(Object.values(registry.images(APP)))).toEqual(new Set([...Object.values(IMAGES), 'dangling']));
    registry.traits = { ...registry.traits, isScanTorn: () => false };
    await openStore(registry, { stateDir });
    await expectImages(registry, IMAGES);
  });

  test('An interrupted delete of the tag __proto__ is finished', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    // In a literal it would be the prototype.
    const images = { ['__proto__']: 'of-that-name' };
    registry.fill(APP, images);
    await abandonDelete(registry, stateDir, images);
    expect(Object.keys(registry.images(APP))).toContain('__proto__');
    await openStore(registry, { stateDir });
    await expectImages(registry, IMAGES);
  });
});

describe('The record of a delete', () => {
  test('A record keeps every tag, __proto__ too', async () => {
    const stateDir = await freshDirectory();
    const replaced = new Map([
      ['__proto__', `sha256:${'1'.repeat(64)}`],
      ['v1', `sha256:${'2'.repeat(64)}`],
    ]);
    await new Intents(stateDir, REGISTRY, silent).record(APP, replaced);
    const abandoned = await new Intents(stateDir, REGISTRY, silent).abandoned();
    expect(abandoned.map((intent) => intent.replaced)).toEqual([replaced]);
  });

  test('A record of a delete that ends without a clear answer is kept for another minute', async () => {
    const stateDir = await freshDirectory();
    const intents = new Intents(stateDir, REGISTRY, silent);
    const intent = await intents.record(APP, new Map());
    const [name = ''] = await readdir(join(stateDir, INTENTS));
    await aged(join(stateDir, INTENTS, name), 60);
    await intent.close(false);
    const [left] = await intents.abandoned();
    expect(left?.age).toBeLessThan(10_000);
  });

  test('A directory of records that cannot be read is reported, and read again later', async () => {
    const { log, lines } = recordedLog();
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await writeFile(join(stateDir, INTENTS), 'no directory');
    await openStore(registry, { stateDir }, log);
    await vi.waitFor(() => expect(JSON.stringify(lines)).toContain('ENOTDIR'));
    await rm(join(stateDir, INTENTS));
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    await expectImages(registry, { v2: 'shared', v3: 'own' });
  });

  test('A pipe among the records does not hold up recovery, nor the end of the server', async () => {
    const { log, lines } = recordedLog();
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    for (const name of ['0.json', 'z.json']) await run('mkfifo', join(stateDir, INTENTS, name));
    const store = await openStore(registry, { stateDir }, log);
    await expectImages(registry, { v2: 'shared', v3: 'own' });
    await store.close();
    expect(JSON.stringify(lines)).toContain('not a regular file');
  });

  test('A record is kept for one minute after its server ended, since requests may still arrive', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    const [old = ''] = await readdir(join(stateDir, INTENTS));
    await aged(join(stateDir, INTENTS, old), 60);
    const placeholder = await abandonDelete(registry, stateDir, { v3: 'own' });
    await openStore(registry, { stateDir });
    await expectImages(registry, { v2: 'shared' });
    await sweeps(registry, 2);
    expect((await readdir(join(stateDir, INTENTS))).length).toBe(1);
    expect(await readdir(join(stateDir, INTENTS))).not.toContain(old);
    // What was under way when the server ended arrives now.
    await new RegistryClient(registry.url.href).putManifest(APP, 'v3', placeholder.bytes, placeholder.mediaType);
    await expectImages(registry, { v2: 'shared' });
  });

  test.each([
    ['torn', '{"registry":"http://registry.example/","repos'],
    ['of another registry', JSON.stringify({ registry: 'http://other.example/', repository: APP, replaced: [] })],
    [
      'with a path where a digest should be',
      JSON.stringify({ registry: REGISTRY.href, repository: APP, replaced: [['v1', '../secret']] }),
    ],
  ])('A record that is unusable is reported once and left in place: %s', async (_, text) => {
    const { log, lines } = recordedLog();
    const stateDir = await freshDirectory();
    const intents = new Intents(stateDir, REGISTRY, log);
    const { close } = await intents.record(APP, new Map());
    await writeFile(join(stateDir, INTENTS, 'unusable.json'), text);
    for (let sweep = 0; sweep < 3; sweep += 1) expect(await intents.abandoned()).toEqual([]);
    await close(true);
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatchObject({ path: join(stateDir, INTENTS, 'unusable.json') });
    expect(await readdir(join(stateDir, INTENTS))).toEqual(['unusable.json']);
  });
});

test('A second server on the same directory is refused, since it would finish the deletes of the first', async () => {
  const registry = await startFilled();
  const stateDir = await freshDirectory();
  const store = await openStore(registry, { stateDir });
  const second = openStore(registry, { stateDir });
  await expect(second).rejects.toThrow(DataDirInUse);
  await expect(second).rejects.toThrow(`process ${process.pid}`);
  await store.close();
  const next = await openStore(registry, { stateDir });
  expect(await outcome(next.deleteTag(appTag('v1')))).toBe('deleted');
});
