// An operator stops the server while deletes are under way.
import { expect, test } from 'vitest';
import { numbered } from '../layout/synthetic.ts';
import { atLength } from '../support/length.ts';
import { countByStatus, type Deletion, deleteAll, statusOf } from './support/caller.ts';
import { inTurn, tagsOf, writeRepository } from './support/images.ts';
import { siteOfEachTest } from './support/server.ts';

const STOPS = atLength(3, 20);
const REPOSITORIES = 4;
const TAGS = STOPS * 400;
const CONNECTIONS = 64;
/** The signal comes after so many answers. */
const ANSWERS = 300;

const site = siteOfEachTest();

test(`${STOPS} × SIGTERM under load: every request is answered or its connection refused, and none is half done`, {
  timeout: STOPS * 20_000,
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
    const deletions = await deleteAll(server, waiting.splice(0, (TAGS * REPOSITORIES) / STOPS), {
      connections: CONNECTIONS,
      isOver: () => server.process.child.exitCode !== null,
      onEnded: () => {
        answers += 1;
        if (answers === ANSWERS) server.process.child.kill('SIGTERM');
      },
    });
    expect(await server.process.ended).toBe(0);
    expect(server.logged('stopped')).toEqual([expect.objectContaining({ inTime: true })]);
    // The audit trail has each of them, and knows of no other.
    const done = deletions.filter(({ ending }) => statusOf(ending) === 204).map(({ image }) => image.tag);
    const audited = server
      .logged('request')
      .filter(({ outcome }) => outcome === 'done')
      .map(({ tag }) => tag);
    expect(audited.toSorted()).toEqual(done.toSorted());
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
  expect(all.filter(({ ending }) => ![204, 'refused'].includes(statusOf(ending)))).toEqual([]);
});
