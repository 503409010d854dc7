// Standard output and standard error, in any state: stalled, closed, full, or a terminal that is gone.

/** The part of a terminal's handle that changes how it is written to; Node has no public name for it. */
interface Handle {
  setBlocking?(isBlocking: boolean): void;
}

/**
 * Makes writes to the standard streams return at once, and lets no error of standard error end the process. Pipes and
 * sockets do not block on Linux. A terminal does in Node: stalled (Ctrl-S, a hung connection) it would stop the main
 * thread, and with it every signal handler. Call it first in a main.
 */
export function unblockStandardStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    (stream as { readonly _handle?: Handle })._handle?.setBlocking?.(false);
  }
  process.stderr.on('error', () => undefined);
}
