import { setTimeout as delay } from 'node:timers/promises';
import type { LogOutput } from './log-output.ts';

/** Milliseconds to write what is left of the log. Beyond that the rest is lost, and the process says so. */
const FLUSH_MS = 300;

/** Milliseconds for what is under way in the thread pool. Beyond that the process is killed. */
const POOL_MS = 300;
const LOOK_MS = 10;

const EXIT_FAILED = 1;

interface Ending {
  readonly code: number;
  /** The exit code if a part of the log is lost; 1 by default. */
  readonly codeIfUnread?: number;
  /** Whether work was given up that may still be under way: then the process is killed. */
  readonly mayHang?: boolean;
}

/** Ends the process once its log is written, or once that has taken too long. */
export async function endProcess(output: LogOutput, ending: Ending): Promise<never> {
  const { code, codeIfUnread = EXIT_FAILED, mayHang = false } = ending;
  const isWritten = await Promise.race([
    output.flush().then(() => true),
    new Promise<false>((resolve) => setTimeout(resolve, FLUSH_MS, false)),
  ]);
  if (!isWritten) process.stderr.write('The log cannot be written: nobody reads it\n');
  if (mayHang) process.kill(process.pid, 'SIGKILL');
  return exitInTime(isWritten ? code : codeIfUnread);
}

/**
 * Ends the process. process.exit() alone joins the threads of the pool: a disk or a name server that does not answer would
 * keep the process, and with it port and lock. Then it is killed instead.
 */
export async function exitInTime(code: number): Promise<never> {
  for (const end = performance.now() + POOL_MS; isPoolBusy(); await delay(LOOK_MS)) {
    if (performance.now() >= end) process.kill(process.pid, 'SIGKILL');
  }
  process.exit(code);
}

/** Whether a call of the file system, the closing of a file or the look-up of a name is under way. */
function isPoolBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^(?:FS|Close|GetAddrInfo|GetNameInfo)Req/.test(name));
}
