// How a program of the checks ends, whatever becomes of its standard streams and however often it is told to stop.
import { setTimeout as sleep } from 'node:timers/promises';

/** The longest wait for output that its reader takes slowly, in milliseconds. */
const FLUSH_MS = 300;
/** What a shell reports after Ctrl-C. */
const INTERRUPTED = 130;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A stream of Node may be a terminal, whose writes block the main thread as long as it is stopped (Ctrl-S). */
interface MaybeBlocking {
  readonly _handle?: { setBlocking?(isBlocking: boolean): void };
}

/** Once, before the first output: a reader that stops reading or goes away (`| head -1`) does not end or hold the check. */
export function looseStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    (stream as MaybeBlocking)._handle?.setBlocking?.(false);
    stream.on('error', () => undefined);
  }
}

/** The first SIGINT, SIGTERM or SIGHUP asks to finish; the second of any of them ends the process at once. */
export function onStop(finish: () => void): void {
  let isAsked = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isAsked) process.exit(INTERRUPTED);
      isAsked = true;
      finish();
    });
  }
}

/** Ends the process once its output is written, or its reader has had time to take it. */
export async function end(code: number): Promise<never> {
  const flushed = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => (stream.destroyed ? resolve() : stream.write('', () => resolve()))),
  );
  await Promise.race([Promise.all(flushed), sleep(FLUSH_MS)]);
  process.exit(code);
}
