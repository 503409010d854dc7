// Clients that generators make from the contract, as it stands: they compile, delete a tag, and give typed errors.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runProcess } from '../../support/command.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { areMissing } from '../../support/programs.ts';
import { startServer, type TestServer, TOKEN } from '../../support/server.ts';
import { GENERATORS } from './generators.ts';

let store: MemoryStore;
let server: TestServer;
beforeEach(async () => {
  store = new MemoryStore('group/team/app:v1', 'group/team/app:v2');
  server = await startServer({ store });
});
afterEach(() => server.close());

describe.skipIf(areMissing('go', 'mvn', 'python3')).each(GENERATORS)('The client of $name', (generator) => {
  const { kind, name, version } = generator;
  const options = { meta: { program: { kind, name, version } }, timeout: 600_000 };

  test('deletes a tag, and has a type for the error', options, async ({ task }) => {
    const { program, args, env = {} } = await generator.client();
    const calls = [TOKEN, 'v1', TOKEN, 'v1', 'unknown', 'v2'];
    const { code, stdout, stderr } = await runProcess(program, [...args, server.url, ...calls], { env });
    expect(code, stderr).toBe(0);
    const requestId = expect.stringMatching(/^[0-9a-f]{32}$/);
    const [deleted, again, unknown] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(deleted).toEqual({ status: 204 });
    expect(again).toMatchObject({ status: 404, code: 'SVCSTG.SWR.4040115', requestId, message: expect.any(String) });
    expect(unknown).toMatchObject({ status: 401, code: 'SVCSTG.SWR.4010000', requestId });
    expect(store.tags).toEqual(['group/team/app:v2']);
    task.meta.seen = `a 404 is \`${again.exception}\``;
  });
});
