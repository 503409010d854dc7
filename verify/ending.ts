// Ends a program of the checks properly even if its standard streams break or it gets several signals.
import { setTimeout as sleep } from 'node:timers/promises';

/** The longest wait for a slow reader of the output, in milliseconds. */
const FLUSH_MS = 300;
/** The exit code that a shell reports after Ctrl-C. */
const INTERRUPTED = 130;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A stream may be a terminal, whose writes block the main thread while it is stopped (Ctrl-S). */
interface MaybeBlocking {
  readonly _handle?: { setBlocking?(isBlocking: boolean): void };
}

/** Call once, before the first output. A reader that stops or leaves (`| head -1`) then neither ends nor blocks the check. */
export function looseStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    (stream as MaybeBlocking)._handle?.setBlocking?.(false);
    stream.on('error', () => undefined);
  }
}

/** The first SIGINT, SIGTERM or SIGHUP asks the check to finish; the second ends the process at once. */
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

/** Ends the process once its output is written, or the wait for its reader is over. */
export async function end(code: number): Promise<never> {
  const flushed = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => (stream.destroyed ? resolve() : stream.write('', () => resolve()))),
  );
  await Promise.race([Promise.all(flushed), sleep(FLUSH_MS)]);
  process.exit(code);
}
