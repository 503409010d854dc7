// Stock Prism, started the way its users start it: the contract's examples must make its answers truthful.
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contractFile } from '../../server/http/contract.ts';
import { examples, validator } from '../support/contract.ts';
import { type MockProcess, pathOf, startProcess } from './start-mock.ts';

const isRequestId = validator('components/headers/RequestId/schema');

let prism: MockProcess;
let url: string;
beforeAll(async () => {
  const main = createRequire(import.meta.url).resolve('@stoplight/prism-cli');
  prism = startProcess([main, 'mock', contractFile, '--port', '0'], /listening on (http:\/\/[\d.:]+)/);
  url = await prism.url;
});
afterAll(async () => {
  prism.child.kill('SIGKILL');
  await prism.ended;
});

const ask = (tag: string, headers: Record<string, string> = {}) =>
  fetch(url + pathOf(tag), { method: 'DELETE', headers: { 'X-Auth-Token': 'any', ...headers } });

describe('npx prism mock openapi/openapi.yaml', () => {
  test('A delete returns 204 with a valid request id', async () => {
    const { status, headers } = await ask('v1');
    expect(status).toBe(204);
    expect(isRequestId(headers.get('X-Request-Id'))).toBe(true);
    expect(headers.get('X-Request-Id')).not.toBe('string');
  });

  test.each(examples)('Prefer returns $status $name with its body and headers', async (example) => {
    const answer = await ask('v1', { Prefer: `code=${example.status}, example=${example.name}` });
    expect(answer.status).toBe(example.status);
    expect(await answer.json()).toEqual(example.value);
    for (const [name, value] of Object.entries(example.headers)) expect(answer.headers.get(name)).toBe(String(value));
    expect(answer.headers.get('X-Request-Id')).toBe(example.value.request_id);
  });

  test('Every status has a body of its own', async () => {
    const statuses = [...new Set(examples.map(({ status }) => status))];
    const bodies = await Promise.all(
      statuses.map(async (code) => (await ask('v1', { Prefer: `code=${code}` })).text()),
    );
    expect(new Set(bodies).size).toBe(statuses.length);
  });

  test('An invalid tag returns 400, and missing credentials return 401', async () => {
    expect((await ask('.v1')).status).toBe(400);
    expect((await fetch(url + pathOf('v1'), { method: 'DELETE' })).status).toBe(401);
  });
});
