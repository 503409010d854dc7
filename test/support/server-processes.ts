// Servers as processes, for the tests of one file: each test gets a directory with sample images, and no server outlives it.
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach } from 'vitest';
import { tokenSha256 } from '../../server/http/auth/token.ts';
import { makeSamples } from '../../server/stores/layout/samples.ts';
import { type ServerProcess, startServerProcess } from './process.ts';
import { temporaryDirectory } from './programs.ts';

/** The token of the one caller in `goodCredentials`. */
export const SECRET = 'the-secret-token-4711';

/** A credentials file whose caller may delete in `group`. */
export const goodCredentials = `principals:\n  - name: ci\n    tokenSha256: ${tokenSha256(SECRET)}\n    namespaces: [group]\n`;

/** A tag of the sample images. */
export const TAG_PATH = '/v2/manage/namespaces/group/repos/busybox/tags/v2';

/** The directory of a test, and the servers that it starts there. */
export interface ServerProcesses {
  /** Empty but for the images. */
  readonly directory: string;
  /** Sample images. */
  readonly dataDir: string;
  start(...args: Parameters<typeof startServerProcess>): ServerProcess;
  /** Writes a credentials file. @returns its path */
  credentialsFile(text: string): Promise<string>;
}

/** Call it once in a file. What it returns has the current test's values. */
export function useServerProcesses(): ServerProcesses {
  let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
  let processes: ServerProcess[];
  beforeEach(async () => {
    temporary = await temporaryDirectory();
    processes = [];
    await makeSamples(`${temporary.path}/images`);
  });
  afterEach(async () => {
    for (const { child, ended } of processes) {
      child.kill('SIGKILL');
      await ended;
    }
    await temporary.remove();
  });
  return {
    get directory() {
      return temporary.path;
    },
    get dataDir() {
      return `${temporary.path}/images`;
    },
    start(...args) {
      const started = startServerProcess(...args);
      processes.push(started);
      return started;
    },
    async credentialsFile(text) {
      const file = `${temporary.path}/credentials.yaml`;
      await writeFile(file, text);
      return file;
    },
  };
}
