// A caller chooses the Content-Type. It must not choose how much memory or time the server spends.
import { expect, test } from 'vitest';
import { atLength } from '../support/length.ts';
import { requestText } from '../support/wire.ts';
import { Caller, deletePath, statusOf } from './support/caller.ts';
import { writeRepository } from './support/images.ts';
import { siteOfEachTest } from './support/server.ts';

const MIB = 1024 * 1024;
const site = siteOfEachTest();

test('Thousands of content types leave nothing in memory', { timeout: 240_000 }, async () => {
  const TYPES = atLength(1_000, 10_000);
  const { images } = await writeRepository(site().dataDir, 'app', ['v1', 'v2']);
  const server = await site().start();
  const caller = new Caller(server.url);
  const path = deletePath({ namespace: 'group', repository: 'app', tag: 'none' });
  const askAs = async (type: string) =>
    statusOf(
      await caller.ask(
        requestText(`DELETE ${path}`, { 'X-Auth-Token': server.token, Connection: 'keep-alive', 'Content-Type': type }),
      ),
    );
  for (let warm = 0; warm < 100; warm += 1) expect(await askAs('application/json')).toBe(404);
  const before = (await server.probe()).heapUsed;
  for (let type = 0; type < TYPES; type += 1) expect(await askAs(`application/x-${type}`)).toBe(404);
  const grown = (await server.probe()).heapUsed - before;
  caller.close();
  console.info(JSON.stringify({ types: TYPES, grown, images: images.length }));
  expect(grown).toBeLessThan(4 * MIB);
});
