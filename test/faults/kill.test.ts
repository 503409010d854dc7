// The server is killed in the middle of deletes, many times, on the same images.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { numbered } from '../server/stores/layout/synthetic.ts';
import { atLength } from '../support/length.ts';
import { countByStatus, type Deletion, deleteAll, statusOf } from './support/caller.ts';
import { inTurn, type Repository, tagsOf, writeRepository } from './support/images.ts';
import { type FaultyServer, siteOfEachTest } from './support/server.ts';

const KILLS = atLength(6, 50);
const REPOSITORIES = 4;
/** Tags of each repository that are deleted; SIBLINGS are not. */
const TAGS = KILLS * 100;
const SIBLINGS = 200;
const CONNECTIONS = 24;
/** Each server is killed after at most this many answers, and LAST_MS milliseconds later. */
const ANSWERS = 200;
const LAST_MS = 10;

const site = siteOfEachTest();

/** Lets a server delete until it is killed midway. */
async function deleteUntilKilled(server: FaultyServer, images: Repository['images']): Promise<Deletion[]> {
  const { child, ended } = server.process;
  let answers = Math.random() * ANSWERS;
  const deletions = await deleteAll(server, images, {
    connections: CONNECTIONS,
    isOver: () => child.killed,
    onEnded: () => {
      answers -= 1;
      if (answers < 0) void delay(Math.random() * LAST_MS).then(() => child.kill('SIGKILL'));
    },
  });
  child.kill('SIGKILL');
  await ended;
  return deletions;
}

test(`${KILLS} × kill -9 under load undo no delete that was answered and lose no other tag`, {
  timeout: KILLS * 30_000,
}, async () => {
  const repositories = await Promise.all(
    numbered('app', REPOSITORIES).map((name) =>
      writeRepository(site().dataDir, name, [...numbered('asked', TAGS), ...numbered('kept', SIBLINGS)]),
    ),
  );
  const waiting = inTurn(repositories, TAGS);
  const status = new Map<unknown, ReturnType<typeof statusOf>>();
  let cut = 0;
  for (let round = 1; round <= KILLS; round += 1) {
    // The next server starts, because the lock of the killed one is gone.
    const deletions = await deleteUntilKilled(
      await site().start(),
      waiting.splice(0, waiting.length / (KILLS - round + 1)),
    );
    for (const { image, ending } of deletions) status.set(image, statusOf(ending));
    cut += countByStatus(deletions.map(({ ending }) => ending))['cut'] ?? 0;
    for (const { layout, images } of repositories) {
      const present = await tagsOf(layout);
      const undone = images.filter((image) => present.has(image.tag) && status.get(image) === 204);
      // A request that was sent and got no answer may or may not have deleted.
      const lost = images.filter((image) => !present.has(image.tag) && ![204, 'cut'].includes(status.get(image) ?? ''));
      expect({ round, undone, lost }).toEqual({ round, undone: [], lost: [] });
    }
  }
  const deleted = [...status.values()].filter((one) => one === 204).length;
  console.info(JSON.stringify({ kills: KILLS, deleted, cut }));
  expect([...new Set(status.values())].filter((one) => one !== 204 && one !== 'cut' && one !== 'refused')).toEqual([]);
  expect(deleted).toBeGreaterThan(KILLS);
  expect(cut, 'requests that a kill cut off').toBeGreaterThan(KILLS);
});
