// What the tests of the command share: a server with known tags, and the command run against it.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach } from 'vitest';
import { type CommandRun, runCommand } from '../../support/command.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer, type TestServer, TOKEN } from '../../support/server.ts';

/** `group/busybox:v1` to `group/busybox:v6`. */
export const references = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'].map((tag) => `group/busybox:${tag}`);

/** The environment of a caller who may delete everywhere. */
export const env = { SWR_TOKEN: TOKEN };

/** A server, its tags, and the command. */
export interface Setting {
  readonly store: MemoryStore;
  readonly server: TestServer;
  run(args: string[], options?: Parameters<typeof runCommand>[1]): Promise<CommandRun>;
  /** Number of requests that reached the server. */
  requestCount(): number;
}

/** Starts a server before each test of the file, with `references` and `group/team/app:v1`, and closes it after. */
export function useServer(): Setting {
  let store: MemoryStore;
  let server: TestServer;
  beforeEach(async () => {
    store = new MemoryStore(...references, 'group/team/app:v1');
    server = await startServer({ store });
  });
  afterEach(() => server.close());
  return {
    get store() {
      return store;
    },
    get server() {
      return server;
    },
    run: (args, options = { env }) => runCommand(['--endpoint', server.url, ...args], options),
    requestCount: () => server.logged.filter(({ msg }) => msg === 'request').length,
  };
}

/** Runs the command against a provider that answers as `listener` does. */
export async function runAgainst(
  listener: RequestListener,
  args: string[],
  options: Parameters<typeof runCommand>[1] = { env },
): Promise<CommandRun> {
  const provider = createServer(listener);
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  try {
    return await runCommand(['--endpoint', `http://127.0.0.1:${port}`, ...args], options);
  } finally {
    provider.closeAllConnections();
    provider.close();
  }
}

/** The lines of an output, without empty ones. */
export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
