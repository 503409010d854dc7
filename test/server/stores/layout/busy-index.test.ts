// A program that never stops writing index.json: nothing waits for it without end, and nothing that others pushed is lost.
import { once } from 'node:events';
import { utimesSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Turn } from '../../../../server/stores/delete-queue.ts';
import { LayoutIndex, type VersionCache } from '../../../../server/stores/layout/layout-index.ts';
import { LayoutRepository } from '../../../../server/stores/layout/repository.ts';
import { tagNamesIn } from '../../../support/layouts.ts';
import { temporaryDirectory } from '../../../support/programs.ts';
import { outcome, readIndex, recordedLog, silent, withDescriptor, writeLayout, writeManifest } from './synthetic.ts';

/** Milliseconds after which a delete that waits is `busy`. */
const WAITED_TOO_LONG_MS = 20_000;
/** Max time of a change here, in milliseconds. */
const CHANGE_MS = 300;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let layout: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
  await writeLayout(layout, ['v1', 'v2']);
});
afterEach(() => directory.remove());

/** Touches index.json whenever the store has read it, so that the attempt which read it fails. */
class Interruptions implements VersionCache {
  isOn = true;
  count = 0;

  get() {
    return undefined;
  }

  delete() {}

  set() {
    if (!this.isOn) return;
    this.count += 1;
    utimesSync(`${layout}/index.json`, this.count, this.count);
  }
}

test('A delete that is interrupted at each attempt is busy, leaves everything as it was, and tells the operator', async () => {
  const before = { index: await readFile(`${layout}/index.json`), files: await readdir(layout) };
  const { log, lines } = recordedLog();
  const interruptions = new Interruptions();
  const index = new LayoutIndex(layout, interruptions, log, CHANGE_MS);
  expect(await outcome(index.deleteTags(new Set(['v1'])))).toBe('busy');
  expect(interruptions.count).toBeGreaterThan(1);
  expect({ index: await readFile(`${layout}/index.json`), files: await readdir(layout) }).toEqual(before);
  expect(lines.map(({ msg }) => msg)).toEqual(['nothing was deleted']);
});

/** Pushes into the file that a delete replaces: it was opened before, and is written afterwards. */
async function pushedLate(tag: string, replace: () => Promise<unknown>): Promise<void> {
  const file = await open(`${layout}/index.json`, 'r+');
  const text = withDescriptor(await readIndex(layout), await writeManifest(layout, tag));
  await replace();
  await file.truncate();
  await file.write(text, 0);
  await file.close();
}

/** An index in whose replaced file a push has written. It has not been looked at since. */
async function withLatePush(log = silent) {
  const interruptions = new Interruptions();
  const index = new LayoutIndex(layout, interruptions, log, CHANGE_MS);
  interruptions.isOn = false;
  await pushedLate('pushed', () => index.deleteTags(new Set(['v1'])));
  return { index, interruptions };
}

test('A push that could not be adopted is adopted as soon as the index can be written', async () => {
  const { log, lines } = recordedLog();
  const { index, interruptions } = await withLatePush(log);

  interruptions.isOn = true;
  await index.sweep(Date.now());
  await index.sweep(Date.now());
  expect(await tagNamesIn(layout)).toEqual(['v2']);
  expect([index.idle, index.isSweepDue(Number.MAX_SAFE_INTEGER)]).toEqual([false, true]);

  interruptions.isOn = false;
  await index.sweep(Date.now());
  expect(await tagNamesIn(layout)).toEqual(['v2', 'pushed']);
  expect(lines.map(({ msg }) => msg).filter((msg) => msg.includes('adopt'))).toEqual([
    'cannot adopt what a push wrote into the replaced index',
    'adopted what a push had written into the replaced index',
  ]);
  await index.close();
});

test('A push that could not be adopted does not replace a later push of the same tag', async () => {
  const { index, interruptions } = await withLatePush();
  interruptions.isOn = true;
  await index.sweep(Date.now());

  const later = await writeManifest(layout, 'pushed', { of: 'a later push' });
  const file = await open(`${layout}/index.json`, 'r+');
  await file.write(withDescriptor(await readIndex(layout), later), 0);
  await file.close();
  const { manifests } = await readIndex(layout);
  interruptions.isOn = false;
  await index.sweep(Date.now());
  expect((await readIndex(layout)).manifests).toEqual(manifests);
  await index.close();
});

test('A last sweep that has no time left changes nothing', async () => {
  const { index } = await withLatePush();
  const before = await readFile(`${layout}/index.json`);
  await index.sweep(Date.now(), performance.now());
  expect(await readFile(`${layout}/index.json`)).toEqual(before);
  await index.close();
});

test('A delete that has waited too long for other repositories is busy: its caller may have pushed the tag again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const gate = new AbortController();
  const isOthersTurnOver = once(gate.signal, 'abort');
  let isWaiting = false;
  const turn: Turn = async (batch) => {
    isWaiting = true;
    await isOthersTurnOver;
    return batch();
  };
  const repository = new LayoutRepository(layout, new LRUCache({ max: 1 }), turn, silent);
  const deleting = outcome(repository.deleteTag('v1'));
  await vi.waitUntil(() => isWaiting);
  vi.advanceTimersByTime(WAITED_TOO_LONG_MS);
  gate.abort();
  expect(await deleting).toBe('busy');
  expect(await tagNamesIn(layout)).toEqual(['v1', 'v2']);
});
