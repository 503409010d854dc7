// How a sample of the docs is run: twice, by a reader in an empty folder, against a server that has its tag and another.
import { afterEach, beforeEach, expect } from 'vitest';
import { type CommandRun, runProcess } from '../../support/command.ts';
import { contract } from '../../support/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryDirectory } from '../../support/programs.ts';
import { KEYS, startServer, type TestServer, TOKEN } from '../../support/server.ts';

/** What runs a sample. */
interface SampleCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
}

interface SampleRuns {
  /** The reader's folder. */
  readonly folder: string;
  /**
   * Runs a sample, which must delete its tag and no other, and once more, when the tag is gone.
   * @param prepare makes a command of the sample's text
   */
  deleteTwice(source: string, prepare: (text: string) => Promise<SampleCommand>): Promise<[CommandRun, CommandRun]>;
}

/** Gives each test of a file a folder and a server of its own. */
export function useSampleRuns(): SampleRuns {
  let store: MemoryStore;
  let server: TestServer;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeEach(async () => {
    store = new MemoryStore('group/team/app:v1', 'group/team/app:v2');
    server = await startServer({ store });
    directory = await temporaryDirectory();
  });
  afterEach(async () => {
    await server.close();
    await directory.remove();
  });
  return {
    get folder() {
      return directory.path;
    },
    async deleteTwice(source, prepare) {
      const { program, args, env } = await prepare(source.replaceAll(contract.servers[0].url, server.url));
      const keys = { SWR_ACCESS_KEY: KEYS.accessKey, SWR_SECRET_KEY: KEYS.secretKey };
      const run = () => runProcess(program, args, { env: { SWR_TOKEN: TOKEN, ...keys, HOME: directory.path, ...env } });
      const first = await run();
      expect(first).toMatchObject({ code: 0, stderr: expect.not.stringContaining('rror') });
      expect(store.tags).toEqual(['group/team/app:v2']);
      return [first, await run()];
    },
  };
}
