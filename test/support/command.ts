// The command as its users run it: a process of its own, from the build.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { COMMAND } from './built.ts';

/** How a run ended. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Is given the running process; what it does is waited for too. */
  readonly onStart?: (child: ChildProcess) => Promise<void>;
}

/** Runs a program with pipes; its environment is PATH and what is given. */
export async function runProcess(program: string, args: readonly string[], options: Options = {}): Promise<CommandRun> {
  const env = { PATH: process.env['PATH'], TERM: 'xterm', ...options.env };
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // The command may end before it has read its input.
  child.stdin.on('error', () => undefined).end(options.stdin ?? '');
  const [[code]] = await Promise.all([once(child, 'close'), options.onStart?.(child)]);
  return { code, stdout, stderr };
}

/** Runs the command. */
export const runCommand = (args: readonly string[], options?: Options) =>
  runProcess(process.execPath, [COMMAND, ...args], options);
