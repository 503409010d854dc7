// More deletes than the server can do: those that it accepts are done soon, the others are told at once when to ask again.
import { expect, test } from 'vitest';
import { numbered } from '../layout/synthetic.ts';
import { expectExample } from '../support/contract.ts';
import { atLength } from '../support/length.ts';
import type { WireAnswer } from '../support/wire.ts';
import { countByStatus, type Deletion, deleteAll, statusOf } from './support/caller.ts';
import { flood } from './support/flood.ts';
import { inTurn, tagsOf, writeRepository } from './support/images.ts';
import { siteOfEachTest } from './support/server.ts';

/** Many more than are written at once, so that deletes do not share their writes: the disk is what is short. */
const REPOSITORIES = atLength(400, 1_500);
const TAGS = atLength(60, 200);
const SECONDS = atLength(4, 30);
const CALIBRATION = atLength(800, 3_000);
const TIMES_CAPACITY = 4;
/** What the README states for an overloaded server. */
const MAX_P99_MS = 10_000;
const MIB = 1024 * 1024;

const site = siteOfEachTest();

function percentile(deletions: readonly Deletion[], share: number): number {
  const sorted = deletions.map(({ milliseconds }) => milliseconds).toSorted((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
}

test(`overload: at ${TIMES_CAPACITY} × capacity for ${SECONDS} s what is accepted is done in time, the rest is 429`, {
  timeout: 180_000 + SECONDS * 5_000,
}, async () => {
  const repositories = [];
  for (const name of numbered('app', REPOSITORIES))
    repositories.push(await writeRepository(site().dataDir, name, numbered('tag', TAGS)));
  const waiting = inTurn(repositories, TAGS);
  const server = await site().start();

  const calibrate = async () => {
    const startedAt = performance.now();
    await deleteAll(server, waiting.splice(0, CALIBRATION), { connections: 64 });
    return CALIBRATION / ((performance.now() - startedAt) / 1_000);
  };
  // The first time every index is read.
  await calibrate();
  const capacity = await calibrate();
  const before = await server.probe();
  const load = { perSecond: TIMES_CAPACITY * capacity, milliseconds: SECONDS * 1_000 };
  const startedAt = performance.now();
  const { deletions, connections } = await flood(server, waiting.values(), load);
  const after = await server.probe();
  // What other programs took of the processor is not the server's doing.
  const ownShare = 1 - after.waitedMs / (performance.now() - startedAt);

  const accepted = deletions.filter(({ ending }) => statusOf(ending) === 204);
  const refused = deletions.filter(({ ending }) => statusOf(ending) === 429);
  console.info(
    JSON.stringify({
      capacity: Math.round(capacity),
      asked: Math.round(deletions.length / SECONDS),
      connections,
      ownShare: ownShare.toFixed(2),
      counts: countByStatus(deletions.map(({ ending }) => ending)),
      acceptedP50: percentile(accepted, 0.5),
      acceptedP99: percentile(accepted, 0.99),
      refusedP50: percentile(refused, 0.5),
      refusedP99: percentile(refused, 0.99),
      peakMemory: Math.round(server.peakMemory() / MIB),
      heap: [before, after].map(({ heapUsed }) => Math.round(heapUsed / MIB)),
    }),
  );
  expect(accepted.length + refused.length).toBe(deletions.length);
  expect(accepted.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  expect(percentile(accepted, 0.99) * ownShare).toBeLessThan(MAX_P99_MS);
  const [refusal] = refused as [Deletion];
  expectExample(refusal.ending as WireAnswer, 'throttled');
  for (const { ending } of refused) expect((ending as WireAnswer).headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(64 * MIB);

  const present = new Map<string, ReadonlySet<string>>();
  for (const { layout, images } of repositories) present.set(images[0]?.repository ?? '', await tagsOf(layout));
  const wrong = deletions.filter(
    ({ image, ending }) => (statusOf(ending) === 204) === present.get(image.repository)?.has(image.tag),
  );
  expect(wrong).toEqual([]);
});
