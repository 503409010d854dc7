// The mock's own routes, under /__mock/: scripts wait for it, and test runs clean up.
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectExample, expectFixedHeaders } from '../support/contract.ts';
import { ask, requestText } from '../support/wire.ts';
import { pathOf, startMock, type TestMock } from './start-mock.ts';

let mock: TestMock;
beforeAll(async () => {
  mock = await startMock();
});
afterAll(() => mock.close());

const control = (line: string) => ask(mock.url, requestText(line, { Connection: 'close' }));

test('GET /__mock/healthz returns 200 once the mock can answer', async () => {
  const answer = await control('GET /__mock/healthz');
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toEqual({ status: 'ok' });
  expectFixedHeaders(answer);
});

test('HEAD /__mock/healthz returns 200 without a body', async () => {
  expect(await control('HEAD /__mock/healthz')).toMatchObject({ status: 200, body: '' });
});

test.each([
  ['GET /__mock/sessions', 'DELETE'],
  ['POST /__mock/sessions/a', 'DELETE'],
  ['DELETE /__mock/healthz', 'GET, HEAD'],
])('%s returns 405 with Allow: %s', async (line, allowed) => {
  const answer = await control(line);
  expectExample(answer, 'method-not-allowed');
  expect(answer.headers['allow']).toBe(allowed);
});

test.each(['DELETE /__mock/elsewhere', 'GET /__mock/', 'GET /__mock/healthz/', 'GET /__mock/sessionsx'])(
  '%s returns 404',
  async (line) => {
    expectExample(await control(line), 'api-not-found');
  },
);

test('The log never says of the mock’s own routes that a request breaks the contract', async () => {
  const lines = ['GET /__mock/healthz', 'PUT /__mock/healthz', 'DELETE /__mock/sessions', 'DELETE /__mock/sessions/a'];
  for (const line of [...lines, 'GET /__mock/sessions', 'GET /__mock/nothing', 'DELETE /__mock/sessions/a%20b']) {
    await control(line);
  }
  await expect.poll(() => mock.lines.filter((line) => line.includes('a%20b'))).toHaveLength(1);
  expect(mock.lines.filter((line) => line.includes('breaks the contract'))).toEqual([]);
  expect(mock.lines.find((line) => line.includes('GET /__mock/nothing'))).toContain('(the mock has no such route)');
});

test('The log never says of a request whose caller went away that it got the documentation', async () => {
  const headers = { 'X-Auth-Token': 'any', 'X-Request-Id': 'gone', 'Content-Length': '10' };
  const socket = connect(Number(new URL(mock.url).port), '127.0.0.1');
  socket.write(`${requestText(`DELETE ${pathOf('v1')}`, headers)}half`);
  await setTimeout(100);
  socket.destroy();
  await expect.poll(() => mock.lines.filter((line) => line.endsWith(' gone'))).toHaveLength(1);
  expect(mock.lines.find((line) => line.endsWith(' gone'))).toContain(
    '-> no answer (the caller closed the connection)',
  );
});
