// What a server finds that was killed between the two steps of a delete, and starts again: it finishes what was begun,
// and nothing else. All registries are scripted.
import { readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { DataDirInUse } from '../../../../server/stores/lock.ts';
import { Intents } from '../../../../server/stores/registry/intents.ts';
import { answering } from '../../../support/faults.ts';
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

/** Lets a record look so many seconds old. */
async function aged(path: string, seconds: number): Promise<void> {
  const then = Date.now() / 1_000 - seconds;
  await utimes(path, then, then);
}

describe('a delete that was interrupted', () => {
  test('is finished by the next start, and nothing is written for it', async () => {
    const registry = await startFilled();
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared', v3: 'own' });
    const before = registry.requests.length;
    await openStore(registry, { stateDir });
    await expectImages(registry, { v2: 'shared' });
    expect(puts(registry, before)).toEqual([]);
  });

  test('is finished while deletes come without a pause', async () => {
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

  test('does not take what somebody has pushed to the tag meanwhile', async () => {
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

  test('waits for a registry that fails for a moment: no image comes back', async () => {
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

  test('gives the image back where the registry deletes nothing any more', async () => {
    const registry = await startFilled({ deleteByDigest: 'disabled' });
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'shared' });
    await openStore(registry, { stateDir });
    await expectImages(registry, IMAGES);
  });

  test('gives the image back where every delete fails, and then leaves the tag alone', async () => {
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

  test('gives the image back that the placeholder took the place of, not that of an older delete', async () => {
    const registry = await startFilled({ deleteByDigest: 'disabled' });
    registry.fill(APP, { v1: 'newer' });
    const stateDir = await freshDirectory();
    await abandonDelete(registry, stateDir, { v1: 'newer' }, { v1: 'own', v2: 'own' });
    await openStore(registry, { stateDir });
    await expectImages(registry, { ...IMAGES, v1: 'newer' });
  });

  test('gives a tag that leads nowhere the image of its latest delete, where there were several', async () => {
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

  test('may have left something behind for a minute: a registry that fails now and then is not flooded with looks', async () => {
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

  test('of more tags than a placeholder can name is finished with several', async () => {
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

  test('of a tag with the name __proto__ is finished as any other', async () => {
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

describe('the record of a delete', () => {
  test('keeps every tag, also that with the name __proto__', async () => {
    const stateDir = await freshDirectory();
    const replaced = new Map([
      ['__proto__', `sha256:${'1'.repeat(64)}`],
      ['v1', `sha256:${'2'.repeat(64)}`],
    ]);
    await new Intents(stateDir, REGISTRY, silent).record(APP, replaced);
    const abandoned = await new Intents(stateDir, REGISTRY, silent).abandoned();
    expect(abandoned.map((intent) => intent.replaced)).toEqual([replaced]);
  });

  test('begins its minute anew when the delete ends without a clear answer: what was sent last is the latest', async () => {
    const stateDir = await freshDirectory();
    const intents = new Intents(stateDir, REGISTRY, silent);
    const intent = await intents.record(APP, new Map());
    const [name = ''] = await readdir(join(stateDir, INTENTS));
    await aged(join(stateDir, INTENTS, name), 60);
    await intent.close(false);
    const [left] = await intents.abandoned();
    expect(left?.age).toBeLessThan(10_000);
  });

  test('that cannot be read is not taken for none: that is told, and tried again', async () => {
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

  test('is kept for a minute after a server ended, since its requests may still arrive, and no longer', async () => {
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
  ])('%s is no record: that is told once, and it is left where it is', async (_, text) => {
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

test('a second server on the same directory is refused: it would take the deletes of the first for interrupted', async () => {
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
