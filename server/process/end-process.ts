import type { pino } from 'pino';
import { inTime } from './in-time.ts';

/** How long the log is waited for, in milliseconds. */
const FLUSH_MS = 300;

/**
 * Ends the process once the log is written. Where nobody reads it the write never ends, and Node would wait for it at
 * its end: then the process ends as if it were killed.
 * @param output with a minLength of 1: with 0 its flush does nothing
 */
export async function endProcess(output: ReturnType<typeof pino.destination>, code: number): Promise<void> {
  const flushed = new Promise<void>((resolve) => output.flush(() => resolve()));
  await inTime(flushed, FLUSH_MS).catch(() => {
    process.stderr.write('The log cannot be written: nobody reads it\n');
    process.kill(process.pid, 'SIGKILL');
  });
  process.exit(code);
}
