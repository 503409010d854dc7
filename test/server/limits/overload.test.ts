// More requests than the server can work on: work under way goes on, other callers are told at once to ask again.
import type { Request, Response } from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeTurns } from '../../../server/limits/take-turns.ts';
import { expectExample } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer, type TestServer, TOKEN } from '../../support/server.ts';
import { ask, requestText } from '../../support/wire.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('Requests that come at once', () => {
  /** Admits requests like the app, and notes which. */
  function crowd(perTurn: number) {
    const turns = takeTurns(perTurn);
    const admitted: number[] = [];
    const arrive = (number: number, socket = { writable: true }) =>
      turns({ socket } as Request, {} as Response, () => admitted.push(number));
    return { admitted, arrive };
  }

  test('are served a few a turn in their order, and other work gets turns in between', async () => {
    const { admitted, arrive } = crowd(3);
    for (const number of [1, 2, 3, 4, 5, 6, 7]) arrive(number);
    expect(admitted).toEqual([1, 2, 3]);
    await nextTurn();
    expect(admitted).toEqual([1, 2, 3, 4, 5, 6]);
    arrive(8);
    expect(admitted, 'no request overtakes another').toHaveLength(6);
    await nextTurn();
    expect(admitted).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await nextTurn();
    arrive(9);
    expect(admitted, 'a single request does not wait').toContain(9);
  });

  test('on one connection are served together before they pile up, because its answers slow the caller down', () => {
    const { admitted, arrive } = crowd(1);
    arrive(0);
    const socket = { writable: true };
    for (let number = 1; number <= 1_000; number += 1) arrive(number, socket);
    expect(admitted.length).toBeGreaterThan(990);
    expect(admitted).toEqual(admitted.toSorted((one, other) => one - other));
  });

  test('are dropped if their caller goes away before their turn', async () => {
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

describe('Deletes under way', () => {
  const MANY = 150;
  const MAX_A_REPOSITORY = 128;
  const REPOSITORIES = ['one', 'two', 'three'];
  const MAX = 256;
  const tags = Array.from({ length: MANY }, (_, number) => `v${number}`);
  let server: TestServer;
  let store: MemoryStore;
  let openGate = () => {};
  beforeEach(async () => {
    store = new MemoryStore(...REPOSITORIES.flatMap((name) => [...tags, 'kept'].map((tag) => `group/${name}:${tag}`)));
    store.gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    server = await startServer({ store });
  });
  afterEach(() => server.close());

  const deleteTag = (repository: string, tag: string) =>
    ask(
      server.url,
      requestText(`DELETE /v2/manage/namespaces/group/repos/${repository}/tags/${tag}`, { 'X-Auth-Token': TOKEN }),
      20_000,
    );

  /** Asks for tags and waits for a number of refusals; the other requests wait at the gate. */
  async function askFor(repositories: readonly string[], refusals: number) {
    const asked = repositories.flatMap((name) => tags.map((tag) => deleteTag(name, tag)));
    const refused: Awaited<(typeof asked)[number]>[] = [];
    for (const answer of asked) void answer.then((one) => refused.push(one));
    await expect.poll(() => refused.length, { timeout: 60_000 }).toBe(refusals);
    return { asked, refused: [...refused] };
  }

  test(`are limited to ${MAX}: one more is answered 429 with Retry-After and changes nothing`, async () => {
    const { asked, refused } = await askFor(REPOSITORIES, REPOSITORIES.length * MANY - MAX);
    for (const answer of refused) {
      expectExample(answer, 'throttled');
      expect(answer.headers['retry-after']).toBe('1');
    }
    openGate();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(MAX);
    expect(store.tags).toHaveLength(REPOSITORIES.length * (MANY + 1) - MAX);
    expect(await deleteTag('one', 'kept'), 'there is room again').toMatchObject({ status: 204 });
  });

  test(`are limited to ${MAX_A_REPOSITORY} in one repository: when it hangs, other repositories’ deletes go on`, async () => {
    const { asked } = await askFor(['one'], MANY - MAX_A_REPOSITORY);
    const other = deleteTag('two', 'kept');
    const later = new Promise((resolve) => setTimeout(resolve, 200, 'waits at the gate'));
    expect(await Promise.race([other, later])).toBe('waits at the gate');
    openGate();
    expect(await other).toMatchObject({ status: 204 });
    await Promise.all(asked);
  });
});
