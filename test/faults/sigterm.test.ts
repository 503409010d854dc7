// An operator stops the server while deletes are under way.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { numbered } from '../server/stores/layout/synthetic.ts';
import { atLength } from '../support/length.ts';
import { countByStatus, type Deletion, deleteAll, deletePath, statusOf } from './support/caller.ts';
import { inTurn, tagsOf, writeRepository } from './support/images.ts';
import { siteOfEachTest } from './support/server.ts';

const STOPS = atLength(3, 20);
const REPOSITORIES = 4;
const TAGS = STOPS * 400;
const CONNECTIONS = 64;
/** Answers after which the signal is sent. */
const ANSWERS = 300;
/** Milliseconds after which a test that was held up may find its idle connection closed: the server keeps it for 250 ms. */
const HELD_UP_MS = 200;

const site = siteOfEachTest();

test(`${STOPS} × SIGTERM under load: every request is answered or its connection refused, and no delete is half done`, {
  timeout: STOPS * 60_000,
}, async () => {
  const repositories = await Promise.all(
    numbered('app', REPOSITORIES).map((name) => writeRepository(site().dataDir, name, numbered('tag', TAGS))),
  );
  const waiting = inTurn(repositories, TAGS);
  const counts: Record<string, number>[] = [];
  const all: Deletion[] = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    const server = await site().start();
    let answers = 0;
    const stalls = monitorEventLoopDelay();
    stalls.enable();
    const deletions = await deleteAll(server, waiting.splice(0, (TAGS * REPOSITORIES) / STOPS), {
      connections: CONNECTIONS,
      isOver: () => server.process.child.exitCode !== null,
      onEnded: () => {
        answers += 1;
        if (answers === ANSWERS) server.process.child.kill('SIGTERM');
      },
    });
    stalls.disable();
    expect(await server.process.ended).toBe(0);
    expect(server.logged('stopped')).toEqual([expect.objectContaining({ inTime: true })]);
    // The audit trail has these deletes and no other.
    const done = deletions.filter(({ ending }) => statusOf(ending) === 204).map(({ image }) => image.tag);
    const audited = server
      .logged('request')
      .filter(({ outcome }) => outcome === 'done')
      .map(({ tag }) => tag);
    expect(audited.toSorted()).toEqual(done.toSorted());
    const unheard = deletions.filter(({ ending }) => ending === 'cut').map(({ image }) => deletePath(image));
    if (stalls.max / 1e6 < HELD_UP_MS) expect(unheard, 'cut off').toEqual([]);
    const heard = new Set(server.logged('request').map(({ path }) => path));
    expect(unheard.filter((path) => heard.has(path))).toEqual([]);
    counts.push(countByStatus(deletions.map(({ ending }) => ending)));
    all.push(...deletions);
  }
  console.info(JSON.stringify(counts));
  const present = new Map(
    await Promise.all(
      repositories.map(async ({ layout, images }) => [images[0]?.repository, await tagsOf(layout)] as const),
    ),
  );
  const halfDone = all.filter(
    ({ image, ending }) => (statusOf(ending) === 204) === present.get(image.repository)?.has(image.tag),
  );
  expect(halfDone).toEqual([]);
  for (const count of counts) {
    expect(count['204']).toBeGreaterThanOrEqual(ANSWERS);
    expect(count['refused']).toBeGreaterThan(0);
  }
  expect(all.filter(({ ending }) => ![204, 'refused', 'cut'].includes(statusOf(ending)))).toEqual([]);
});
