import type { LogOutput } from './log-output.ts';

/** Milliseconds to write what is left of the log. Beyond that the rest is lost, and the process says so. */
const FLUSH_MS = 300;

const EXIT_FAILED = 1;

interface Ending {
  readonly code: number;
  /** The exit code if a part of the log is lost; 1 by default. */
  readonly codeIfUnread?: number;
  /** Whether work may hang in the thread pool, such as a disk that does not answer: process.exit() would wait for it. */
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
  process.exit(isWritten ? code : codeIfUnread);
}
