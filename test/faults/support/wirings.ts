// A server whose log goes to a reader that does not read, wired in the ways in which operators do it.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { vi } from 'vitest';

const ROOT = new URL('../../..', import.meta.url).pathname;
const NODE = `'${process.execPath}' dist/swr-tag-delete.js serve`;

/** A server, and the reader of its log that has stalled. */
export interface Wired {
  /** The server's own process, which may be a grandchild. */
  readonly pid: number;
  readonly url: string;
  /** Sends a signal as an operator would: to the process that was started. */
  kill(signal: NodeJS.Signals): void;
  /** Ends the reader, if there still is one. */
  endReader(): void;
  isAlive(): boolean;
  /** Its standard error, if that goes to a file. */
  stderr(): string;
  /** Ends whatever is left of it. */
  remove(): void;
}

/** How a server is started with its output unread. */
interface Wiring {
  readonly title: string;
  readonly command: readonly string[];
  readonly stdio: StdioOptions;
  /** What has the reading end: this process, a program that writes its id to `$DIR/reader`, or a terminal. */
  readonly reader?: 'program' | 'terminal';
}

/** `$DIR` is a directory for the files of a start. */
export const wirings: readonly Wiring[] = [
  // Node gives its children socket pairs for pipes.
  {
    title: 'a socket pair',
    command: ['sh', '-c', `exec ${NODE} 2>"$DIR/stderr"`],
    stdio: ['ignore', 'pipe', 'ignore'],
  },
  {
    title: 'a pipe',
    command: ['sh', '-c', `${NODE} 2>"$DIR/stderr" | { sh -c 'echo $PPID' >"$DIR/reader"; sleep 600; }`],
    stdio: 'ignore',
    reader: 'program',
  },
  { title: 'npm start', command: ['npm', 'start'], stdio: ['ignore', 'pipe', 'pipe'] },
  {
    title: 'a shell pipeline with npm start and its standard error',
    command: ['sh', '-c', `npm start 2>&1 | { sh -c 'echo $PPID' >"$DIR/reader"; sleep 600; }`],
    stdio: 'ignore',
    reader: 'program',
  },
  {
    // util-linux's script reads the terminal, and stops when its own output is not read.
    title: 'a terminal',
    command: ['script', '--quiet', '--command', `exec ${NODE}`, '/dev/null'],
    stdio: ['pipe', 'pipe', 'ignore'],
    reader: 'terminal',
  },
];

/** Starts a server and waits until it listens. @param env its settings, with PORT and DATA_DIR */
export async function startWired(
  { command, stdio, reader }: Wiring,
  directory: string,
  env: Readonly<Record<'PORT' | 'DATA_DIR', string>> & Readonly<Record<string, string>>,
): Promise<Wired> {
  const [program = '', ...args] = command;
  const inherited = { PATH: process.env['PATH'], HOME: process.env['HOME'], DIR: directory };
  const child = spawn(program, args, { cwd: ROOT, env: { ...inherited, ...env }, stdio, detached: true });
  const url = `http://127.0.0.1:${env.PORT}`;
  const listens = () =>
    fetch(url)
      .then(() => true)
      .catch(() => false);
  await vi.waitUntil(listens, { timeout: 60_000, interval: 200 }).catch((error: unknown) => {
    endGroup(child);
    throw error;
  });
  const pid = Number(/\d+/.exec(readFileSync(join(env.DATA_DIR, '.swr-tag-delete.lock'), 'utf8'))?.[0]);
  return {
    pid,
    url,
    kill: (signal) => signalTo(command[0] === 'npm' ? (child.pid ?? 0) : pid, signal),
    endReader: () => {
      if (reader === 'program') signalTo(Number(readFileSync(join(directory, 'reader'), 'utf8')), 'SIGKILL');
      // With the terminal's program the terminal goes, which is a SIGHUP for the server.
      if (reader === 'terminal') signalTo(child.pid ?? 0, 'SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    isAlive: () => isServer(pid),
    stderr: () => (existsSync(join(directory, 'stderr')) ? readFileSync(join(directory, 'stderr'), 'utf8') : ''),
    remove: () => {
      endGroup(child);
      // A terminal's programs have a group of their own.
      if (isServer(pid)) signalTo(pid, 'SIGKILL');
    },
  };
}

/** @returns whether the server ended in time */
export async function endsWithin({ isAlive }: Wired, milliseconds: number): Promise<boolean> {
  for (const start = performance.now(); isAlive(); await delay(50)) {
    if (performance.now() - start > milliseconds) return false;
  }
  return true;
}

/** Whether the process is still there, and no other one with its number. */
function isServer(pid: number): boolean {
  const commandLine = `/proc/${pid}/cmdline`;
  return existsSync(commandLine) && readFileSync(commandLine, 'latin1').includes('dist/swr-tag-delete.js\0serve');
}

/** A process that has ended already is all right. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The child leads a process group of its own (`detached`): whatever it started is in it. */
function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) signalTo(-pid, 'SIGKILL');
}
