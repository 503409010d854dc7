// The server as an operator runs it: a process of its own, from the build.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { COMMAND } from './built.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** A server process and what it has printed so far. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Where it listens; rejects if it ends before that. */
  readonly url: Promise<string>;
  /** The admin listener. */
  readonly adminUrl: Promise<string>;
  /** Resolves with its exit code, or with the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  stdout(): string;
  stderr(): string;
}

/**
 * Starts `swr-tag-delete serve` on free ports.
 * @param env all of its environment but PATH
 * @param under a program that runs a command in its place, such as `prlimit`, with its arguments
 */
export function startServerProcess(
  env: Record<string, string>,
  cwd = ROOT,
  under: readonly string[] = [],
): ServerProcess {
  const [program = '', ...args] = [...under, process.execPath, COMMAND, 'serve'];
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env['PATH'], PORT: '0', ADMIN_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const listening = new Promise<{ url: string; admin: string }>((resolve, reject) => {
    const look = () => {
      const line = stdout.split('\n').find((text) => text.includes('"listening"'));
      if (line === undefined) return;
      child.stdout.off('data', look);
      resolve(JSON.parse(line));
    };
    child.stdout.on('data', look);
    void ended.then((how) => reject(new Error(`the server ended with ${how}: ${stderr}`)));
  });
  listening.catch(() => undefined);
  const at = (name: 'url' | 'admin') => {
    const address = listening.then((one) => one[name]);
    address.catch(() => undefined);
    return address;
  };
  return { child, url: at('url'), adminUrl: at('admin'), ended, stdout: () => stdout, stderr: () => stderr };
}
