// Faults on request: consumers test how they cope with them.
import { afterEach, describe, expect, test } from 'vitest';
import { createTagClient } from '../../client/index.ts';
import { expectExample } from '../support/contract.ts';
import { exchange, requestText } from '../support/wire.ts';
import { pathOf, startMock, type TestMock } from './start-mock.ts';

let mock: TestMock;
afterEach(() => mock.close());

describe('With --faults', () => {
  const start = async () => {
    mock = await startMock({ areFaultsOn: true });
  };

  test('The tag mock-delay-300 is answered 300 ms late', async () => {
    await start();
    const startedAt = performance.now();
    expect((await mock.deleteTag('mock-delay-300')).status).toBe(204);
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expectExample(await mock.deleteTag('mock-delay-0', { 'X-Auth-Token': '' }), 'missing-credentials');
  });

  test('A caller that gives up on a delay frees the mock at once', async () => {
    await start();
    expect(
      await exchange(mock.url, requestText(`DELETE ${pathOf('mock-delay-60000')}`, { 'X-Auth-Token': 'any' }), 100),
    ).toBe('');
    await expect.poll(() => mock.lines.at(-1)).toMatch(/mock-delay-60000 -> no answer /);
  });

  test('The tag mock-reset resets the connection', async () => {
    await start();
    const request = { method: 'DELETE', headers: { 'X-Auth-Token': 'any' } };
    await expect(fetch(mock.url + pathOf('mock-reset'), request)).rejects.toMatchObject({
      cause: { code: 'ECONNRESET' },
    });
  });

  test('The tag mock-truncate sends half of the announced body', async () => {
    await start();
    const received = await exchange(
      mock.url,
      requestText(`DELETE ${pathOf('mock-truncate')}`, { 'X-Auth-Token': 'any' }),
    );
    const [head = '', body = ''] = received.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 500 /);
    const announced = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    expect(body.length).toBe(Math.floor(announced / 2));
    expect(body).toMatch(/^\{"errors":/);
  });

  test('The tag mock-flaky-2 fails twice, and then is deleted once', async () => {
    await start();
    const statuses = [];
    for (const _ of [1, 2, 3, 4]) statuses.push((await mock.deleteTag('mock-flaky-2')).status);
    expect(statuses).toEqual([500, 500, 204, 404]);
    expect((await mock.deleteTag('mock-flaky-2', { 'X-Mock-Session': 'other' })).status).toBe(500);
  });

  test('The typed client retries after a reset, and finally reports that no answer came', async () => {
    await start();
    const client = createTagClient({ baseUrl: mock.url, token: 'any', retry: { retries: 2, minPauseMs: 1 } });
    const reset = client.deleteTag({ namespace: 'group', repository: 'busybox', tag: 'mock-reset' });
    await expect(reset).rejects.toMatchObject({ name: 'TagDeleteError', status: undefined });
    await expect.poll(() => mock.lines.filter((line) => line.includes('mock-reset -> no answer'))).toHaveLength(3);
  });

  test.each(['mock-delay-60001', 'mock-delay-9999999999', 'mock-flaky-1000', 'mock-delay-', 'mock-delay--1'])(
    'The tag %s is out of bounds: the mock returns a 400 that names the bounds',
    async (tag) => {
      await start();
      const { status, body } = await mock.deleteTag(tag);
      expect(status).toBe(400);
      expect(body).toContain('mock-delay-<ms, up to 60000>');
    },
  );
});

test.each(['mock-delay-5000', 'mock-reset', 'mock-truncate', 'mock-flaky-2'])(
  'Without --faults, the tag %s returns a 400 that names the missing option',
  async (tag) => {
    mock = await startMock();
    const { status, body } = await mock.deleteTag(tag);
    expect(status).toBe(400);
    expect(body).toContain('start the mock with --faults');
  },
);
