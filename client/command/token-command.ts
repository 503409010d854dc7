import { type ChildProcess, spawn } from 'node:child_process';
import { checkHeaderValue } from '../token-source.ts';

/** Time for the command to give a token, in milliseconds. */
const TOKEN_MS = 20_000;

/** Max length of its output, in characters. */
const MAX_OUTPUT_LENGTH = 64 * 1024;

/**
 * Runs a shell command whose standard output is a token. Its standard error goes to the terminal; it has no standard
 * input, which may be the list.
 * @param stop ends the command
 * @throws Error if it fails, is not done within 20 s, or writes more than 64 Ki characters or no token; its output is not quoted
 */
export async function runTokenCommand(command: string, stop: AbortSignal): Promise<string> {
  // A group of its own: a shell's children end with it.
  const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let problem = '';
  const end = (reason: string) => {
    problem ||= reason;
    killGroup(child);
    child.stdout.destroy();
  };
  const interrupted = () => end('was interrupted');
  const timer = setTimeout(() => end(`was not done within ${TOKEN_MS / 1000} s`), TOKEN_MS);
  stop.addEventListener('abort', interrupted, { once: true });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.length > MAX_OUTPUT_LENGTH) end(`wrote more than ${MAX_OUTPUT_LENGTH} characters`);
  });
  try {
    if (stop.aborted) interrupted();
    const exit = await exitOf(child);
    if (problem === '' && exit !== 0) problem = `ended with ${exit}`;
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', interrupted);
  }
  if (problem !== '') throw new Error(`SWR_TOKEN_COMMAND ${problem}`);
  const token = output.trim();
  if (token === '') throw new Error('SWR_TOKEN_COMMAND wrote no token to its standard output');
  checkHeaderValue(token, 'the output of SWR_TOKEN_COMMAND');
  return token;
}

/** @returns exit code or signal, once all of the output has come */
function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
