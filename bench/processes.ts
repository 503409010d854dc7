// The programs of a benchmark: each bound to a core, each ended when the benchmark ends, however it ends.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is measured runs on the first core, and whoever asks it on the second. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;
/** A child would inherit the core of this process. */
const ALL_CORES = `0-${availableParallelism() - 1}`;

const hasTaskset = availableParallelism() > 1 && spawnSync('taskset', ['--version']).error === undefined;
const running = new Set<ChildProcess>();
const directories = new Set<string>();

/** A program under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it wrote on standard output and standard error goes there. */
  readonly logFile: string;
  /** Ends it, and waits until it is gone. */
  end(): Promise<void>;
}

interface StartOptions {
  /** Left out, the program runs wherever there is room. */
  readonly core?: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The command line that binds a program to a core, where that is possible. */
function onCore(core: number | undefined, command: readonly string[]): [program: string, ...args: string[]] {
  const [program = '', ...args] = command;
  return hasTaskset
    ? ['taskset', '-c', core === undefined ? ALL_CORES : String(core), program, ...args]
    : [program, ...args];
}

/** Starts a program that runs until it is ended. Its environment is PATH and what is given. */
export function start(command: readonly string[], { core, env = {}, cwd }: StartOptions): Running {
  const logFile = join(temporaryDirectory(), 'log');
  const log = openSync(logFile, 'a');
  const [program, ...args] = onCore(core, command);
  const child = spawn(program, args, {
    ...(cwd !== undefined && { cwd }),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', log, log],
  });
  child.on('error', () => running.delete(child));
  running.add(child);
  const ended = once(child, 'exit').then(
    () => running.delete(child),
    () => undefined,
  );
  return {
    child,
    pid: child.pid ?? 0,
    logFile,
    async end() {
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(cut);
    },
  };
}

/** A program has so many milliseconds to end by itself. */
const END_MS = 3_000;

/** Runs a program to its end. @returns its standard output. @throws with its standard error where it fails */
export async function run(command: readonly string[], { core, env = {}, cwd }: StartOptions): Promise<string> {
  const [program, ...args] = onCore(core, command);
  const child = spawn(program, args, {
    ...(cwd !== undefined && { cwd }),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (code !== 0) throw new Error(`${command[0]} ended with ${code ?? signal}: ${stderr.slice(-500)}`);
    return stdout;
  } finally {
    running.delete(child);
  }
}

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** A directory that goes with the benchmark. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'swr-tag-delete-bench-'));
  directories.add(path);
  return path;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Binds this process to the load's core: it asks, and starts those who ask. */
export function bindThisProcess(): void {
  if (hasTaskset) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(LOAD_CORE), String(process.pid)]);
}

/** Leaves nothing running and nothing on disk, also after Ctrl-C and after a mistake. */
export function endAllWithThisProcess(): void {
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    for (const path of directories) rmSync(path, { recursive: true, force: true });
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}
