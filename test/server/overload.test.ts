// More requests than can be worked on: what is under way goes on, the rest is told at once to come again.
import type { Request, Response } from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeTurns } from '../../server/take-turns.ts';
import { expectExample } from '../support/contract.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { startServer, type TestServer, TOKEN } from '../support/server.ts';
import { ask, requestText } from '../support/wire.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('requests that come at once', () => {
  /** Admits requests like the app, and notes which. */
  function crowd(perTurn: number) {
    const turns = takeTurns(perTurn);
    const admitted: number[] = [];
    const arrive = (number: number, socket = { writable: true }) =>
      turns({ socket } as Request, {} as Response, () => admitted.push(number));
    return { admitted, arrive };
  }

  test('are taken in so many a turn, in their order, and other work has its turns between', async () => {
    const { admitted, arrive } = crowd(3);
    for (const number of [1, 2, 3, 4, 5, 6, 7]) arrive(number);
    expect(admitted).toEqual([1, 2, 3]);
    await nextTurn();
    expect(admitted).toEqual([1, 2, 3, 4, 5, 6]);
    arrive(8);
    expect(admitted, 'nobody overtakes').toHaveLength(6);
    await nextTurn();
    expect(admitted).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await nextTurn();
    arrive(9);
    expect(admitted, 'who comes alone does not wait').toContain(9);
  });

  test('are dropped where the caller has gone away before their turn', async () => {
    const { admitted, arrive } = crowd(1);
    const socket = { writable: true };
    arrive(1);
    arrive(2, socket);
    arrive(3);
    socket.writable = false;
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect(admitted).toEqual([1, 3]);
  });
});

describe('deletes that are under way', () => {
  const MANY = 300;
  const MAX = 256;
  const tags = Array.from({ length: MANY }, (_, number) => `v${number}`);
  let server: TestServer;
  let store: MemoryStore;
  let openGate = () => {};
  beforeEach(async () => {
    store = new MemoryStore(...tags.map((tag) => `group/app:${tag}`), 'group/app:kept');
    store.gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    server = await startServer({ store });
  });
  afterEach(() => server.close());

  const deleteTag = (tag: string) =>
    ask(
      server.url,
      requestText(`DELETE /v2/manage/namespaces/group/repos/app/tags/${tag}`, { 'X-Auth-Token': TOKEN }),
      20_000,
    );

  test(`are ${MAX} at most: a further one is 429 with Retry-After, and changes nothing`, async () => {
    const asked = tags.map(deleteTag);
    // Those that are refused are answered while the others wait.
    const refused: Awaited<(typeof asked)[number]>[] = [];
    for (const answer of asked) void answer.then((one) => refused.push(one));
    await expect.poll(() => refused.length, { timeout: 10_000 }).toBe(MANY - MAX);
    for (const answer of [...refused]) {
      expectExample(answer, 'throttled');
      expect(answer.headers['retry-after']).toBe('1');
    }
    openGate();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(MAX);
    expect(store.tags).toHaveLength(MANY - MAX + 1);
    expect(await deleteTag('kept'), 'there is room again').toMatchObject({ status: 204 });
  });
});
