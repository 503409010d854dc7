// A minute of deletes while skopeo pushes into the same layout: tests everything that guards the index together.
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTagClient } from '../../../../client/index.ts';
import { openLayoutStore } from '../../../../server/stores/layout/layout-store.ts';
import { skopeoCopy, skopeoSees, tagNamesIn, umociImage } from '../../../support/layouts.ts';
import { atLength } from '../../../support/length.ts';
import { areMissing, temporaryDirectory } from '../../../support/programs.ts';
import { startServer, type TestServer, TOKEN } from '../../../support/server.ts';
import { APP, numbered, recordedLog } from './synthetic.ts';

const DURATION_MS = atLength(15_000, 60_000);
const TIMEOUT_MS = 10 * DURATION_MS;
/** A skopeo copy takes 50 ms; on a slow machine, beside other tests, many times that. */
const MIN_PUSHES = DURATION_MS / 1_500;
/** The store sweeps every half second. */
const SWEPT_MS = 1_500;
const DELETERS = 3;
const PUSHERS = 3;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: TestServer;
let layout: string;
let logged: ReturnType<typeof recordedLog>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  layout = `${directory.path}/group/app`;
  logged = recordedLog();
  server = await startServer({ store: await openLayoutStore(directory.path, logged.log) });
});

afterEach(async () => {
  await server.close();
  await directory.remove();
});

/** One real image under many names. */
async function prepare(tags: readonly string[]): Promise<void> {
  await umociImage(layout, 'v1');
  const { manifests } = JSON.parse(await readFile(`${layout}/index.json`, 'utf8')) as { manifests: [object] };
  const named = tags.map((tag) => ({ ...manifests[0], annotations: { 'org.opencontainers.image.ref.name': tag } }));
  await writeFile(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: named }));
}

describe.skipIf(areMissing('skopeo', 'umoci'))('a minute of deletes beside pushes', () => {
  test('loses no push, undoes no delete, and touches no sibling', { timeout: TIMEOUT_MS }, async () => {
    const [gone, kept] = [numbered('gone', 1_200), numbered('kept', 200)];
    await prepare([...gone, ...kept].sort());
    for (let source = 0; source < PUSHERS; source += 1) await umociImage(`${directory.path}/source-${source}`, 'v1');
    const pushed: string[] = [];
    const reads = { whole: 0, torn: 0 };
    const asked: string[] = [];
    let answered = 0;
    const endsAt = Date.now() + DURATION_MS;
    const isRunning = () => Date.now() < endsAt;

    // skopeo loses what another skopeo pushes meanwhile, with or without this server: one runs at a time.
    let previous: Promise<unknown> = Promise.resolve();
    const push = (source: number, tag: string): Promise<void> => {
      const copied = previous.then(() => skopeoCopy(`${directory.path}/source-${source}:v1`, `${layout}:${tag}`));
      previous = copied.catch(() => undefined);
      return copied;
    };
    const pushing = async (source: number) => {
      for (let count = 0; isRunning(); count += 1) {
        const tag = `pushed-${source}-${count}`;
        // A copy that reads while another program writes may fail; it says so, and its user tries again.
        await push(source, tag).then(
          () => pushed.push(tag),
          () => undefined,
        );
      }
    };
    const client = createTagClient({ baseUrl: server.url, token: TOKEN });
    const waiting = [...gone];
    const deleting = async () => {
      for (let tag = waiting.pop(); tag !== undefined && isRunning(); tag = waiting.pop()) {
        asked.push(tag);
        await client.deleteTag({ ...APP, tag }).then(
          () => {
            answered += 1;
          },
          () => undefined,
        );
        await delay(Math.max(0, (endsAt - Date.now()) / (waiting.length / DELETERS + 1)) * Math.random());
      }
    };
    const reading = async () => {
      while (isRunning()) {
        const text = await readFile(`${layout}/index.json`, 'utf8');
        try {
          JSON.parse(text);
          reads.whole += 1;
        } catch {
          reads.torn += 1;
        }
        await delay(2);
      }
    };

    await Promise.all([
      ...Array.from({ length: PUSHERS }, (_, source) => pushing(source)),
      ...Array.from({ length: DELETERS }, deleting),
      reading(),
    ]);
    await delay(SWEPT_MS);
    await server.close();

    const left = await tagNamesIn(layout);
    const present = new Set(left);
    const failed = server.logged.filter(({ status }) => status !== 204);
    expect(failed, 'deletes that failed').toEqual([]);
    const messages = logged.lines.map(({ msg }) => msg);
    const counts = JSON.stringify({
      pushes: pushed.length,
      deletes: answered,
      broughtBack: messages.filter((message) => message.startsWith('deleted again')).length,
      adopted: messages.filter((message) => message.startsWith('adopted')).length,
      slowestMs: Math.max(...server.logged.map(({ durationMs }) => Number(durationMs ?? 0))),
      reads,
    });
    console.info(counts);
    expect(
      asked.filter((tag) => present.has(tag)),
      `deletes undone: ${counts}`,
    ).toEqual([]);
    const unasked = gone.filter((tag) => !asked.includes(tag));
    expect(
      pushed.filter((tag) => !present.has(tag)),
      `pushes lost: ${counts}`,
    ).toEqual([]);
    expect(
      [...kept, ...unasked].filter((tag) => !present.has(tag)),
      `siblings lost: ${counts}`,
    ).toEqual([]);
    expect(left, `one descriptor a tag: ${counts}`).toHaveLength(pushed.length + kept.length + unasked.length);
    expect(answered).toBe(asked.length);
    expect(answered, counts).toBeGreaterThan(MIN_PUSHES);
    expect(pushed.length, counts).toBeGreaterThan(MIN_PUSHES);
    expect(await skopeoSees(layout, 'kept-0')).toBe(true);
    expect(await skopeoSees(layout, pushed.at(-1) as string)).toBe(true);
  });
});
