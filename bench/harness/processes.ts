// The programs of a benchmark. Each is bound to a core, and all of them end when the benchmark ends, for any reason.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The measured program runs on the first core, its callers on the second. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;
/** Given explicitly, because a child would inherit the core of this process. */
const ALL_CORES = `0-${availableParallelism() - 1}`;
/** Milliseconds that a program gets to end after SIGTERM. Then: SIGKILL. */
const END_MS = 3_000;
/** Linux counts CPU time in hundredths of a second for programs (sysconf(_SC_CLK_TCK), fixed since 2.6). */
const TICK_MICROS = 10_000;

const hasTaskset = availableParallelism() > 1 && spawnSync('taskset', ['--version']).error === undefined;
const running = new Set<ChildProcess>();
const directories = new Set<string>();

/** A running program. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Ends the program, and resolves when it is gone. */
  end(): Promise<void>;
}

interface StartOptions {
  /** Undefined: any core. */
  readonly core?: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a program that runs until it is ended. Its output goes to a file.
 * @param options its core, and its environment beside PATH
 */
export function start(command: readonly string[], options: StartOptions): Running {
  const log = openSync(join(temporaryDirectory(), 'log'), 'a');
  const child = spawnOnCore(command, options, log);
  child.on('error', () => running.delete(child));
  const ended = once(child, 'exit').then(
    () => running.delete(child),
    () => undefined,
  );
  return {
    child,
    pid: child.pid ?? 0,
    async end() {
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(cut);
    },
  };
}

/**
 * Runs a program to its end.
 * @param options its core, and its environment beside PATH
 * @returns its standard output
 * @throws Error with the end of its standard error, if it fails
 */
export async function run(command: readonly string[], options: StartOptions): Promise<string> {
  const child = spawnOnCore(command, options, 'pipe');
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
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

function spawnOnCore(
  command: readonly string[],
  { core, env = {} }: StartOptions,
  output: number | 'pipe',
): ChildProcess {
  const cores = core === undefined ? ALL_CORES : String(core);
  const [program = '', ...args] = hasTaskset ? ['taskset', '-c', cores, ...command] : command;
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', output, output],
  });
  running.add(child);
  return child;
}

/** Binds this process, and the load that it starts, to the load's core. */
export function bindThisProcess(): void {
  if (hasTaskset) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(LOAD_CORE), String(process.pid)]);
}

/** When this process exits, also after Ctrl-C or an error: kills the programs that still run and deletes their files. */
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

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** Creates a directory that is deleted when the benchmark ends. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'swr-tag-delete-bench-'));
  directories.add(path);
  return path;
}

/** Finds an unused port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** CPU time of a process so far, in microseconds (proc(5)). @returns undefined if there is no /proc */
export function cpuMicros(pid: number): number | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return undefined;
  // Field 2 is the program's name, in parentheses: it may contain anything, so fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}

/** Resident memory of a process, in MiB (proc(5)). @returns undefined if there is no /proc */
export function residentMiB(pid: number): number | undefined {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

function readProc(pid: number, file: 'stat' | 'status'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
