// The server under test, as a process, so that kill -9, memory and open files are real.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { tokenSha256 } from '../../../server/http/auth/token.ts';
import { type ServerProcess, startServerProcess } from '../../support/process.ts';
import { temporaryDirectory } from '../../support/programs.ts';

const TOKEN = 'token-of-a-fault';
/** The access keys of the same caller. */
export const KEYS = { accessKey: 'AKFAULT', secretKey: 'secret-key-of-a-fault' };

const PROBE = new URL('./probe.js', import.meta.url).href;
const KIB = 1024;

/** A server process that listens. */
export interface FaultyServer {
  readonly url: string;
  readonly adminUrl: string;
  /** May delete everywhere. */
  readonly token: string;
  readonly process: ServerProcess;
  /** Resident memory in bytes, as the kernel counts it. */
  memory(): number;
  /** The most resident memory that it ever had, in bytes. */
  peakMemory(): number;
  /** How many files and sockets are open. */
  openFiles(): number;
  /** What the probe has seen since it was asked last; garbage is collected first. */
  probe(): Promise<Probed>;
  /** The lines of its log that carry this message. */
  logged(message: string): Record<string, unknown>[];
}

/** See probe.js. */
interface Probed {
  /** The longest time that the event loop did not turn, but for what others took of the processor. */
  readonly longestBlockMs: number;
  /** How long its main thread could have run while others had the processor, in milliseconds. */
  readonly waitedMs: number;
  /** Bytes of live objects. */
  readonly heapUsed: number;
}

/** A directory for images, `group/…` below it, and servers on it that are ended with the test. */
export interface Site {
  /** Beside the images, for whatever a test needs. */
  readonly directory: string;
  readonly dataDir: string;
  start(options?: { env?: Record<string, string>; under?: readonly string[] }): Promise<FaultyServer>;
}

/** Makes a site before each test of the file and takes it away afterwards. @returns the one of the current test */
export function siteOfEachTest(): () => Site {
  let site: Site & { remove(): Promise<void> };
  beforeEach(async () => {
    site = await makeSite();
  });
  afterEach(() => site.remove());
  return () => site;
}

async function makeSite(): Promise<Site & { remove(): Promise<void> }> {
  const { path, remove } = await temporaryDirectory();
  const credentials = join(path, 'credentials.yaml');
  await writeFile(
    credentials,
    JSON.stringify({ principals: [{ name: 'fault', tokenSha256: tokenSha256(TOKEN), ...KEYS, namespaces: ['*'] }] }),
  );
  const processes: ServerProcess[] = [];
  return {
    directory: path,
    dataDir: path,
    start: async ({ env = {}, under = [] } = {}) => {
      const probeFile = join(path, `probe-${processes.length}`);
      const started = startServerProcess(
        {
          DATA_DIR: path,
          CREDENTIALS_FILE: credentials,
          NODE_OPTIONS: `--expose-gc --import=${PROBE}`,
          PROBE_FILE: probeFile,
          ...env,
        },
        undefined,
        under,
      );
      processes.push(started);
      return running(started, probeFile);
    },
    remove: async () => {
      for (const { child } of processes) child.kill('SIGKILL');
      await Promise.all(processes.map(({ ended }) => ended));
      await remove();
    },
  };
}

async function running(server: ServerProcess, probeFile: string): Promise<FaultyServer> {
  const [url, adminUrl] = await Promise.all([server.url, server.adminUrl]);
  const { pid } = server.child;
  const memoryOf = (field: string) => {
    const [, kibibytes] =
      new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * KIB;
  };
  return {
    url,
    adminUrl,
    token: TOKEN,
    process: server,
    memory: () => memoryOf('VmRSS'),
    peakMemory: () => memoryOf('VmHWM'),
    openFiles: () => readdirSync(`/proc/${pid}/fd`).length,
    probe: async () => {
      await rm(probeFile, { force: true });
      server.child.kill('SIGUSR2');
      return vi.waitFor(async () => JSON.parse(await readFile(probeFile, 'utf8')) as Probed, { timeout: 10_000 });
    },
    logged: (message) =>
      server
        .stdout()
        .split('\n')
        .filter((line) => line.includes(message))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === message),
  };
}
