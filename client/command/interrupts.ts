// How the command ends early. It ends within 12 s of the first signal: 10 for the deletes in flight, the rest to report.

/** `stop` aborts at the first Ctrl-C, `abort` at the second one or 10 s after the first. */
export interface Interrupts {
  /** Start no further delete. */
  readonly stop: AbortSignal;
  /** Cut off the deletes in flight. */
  readonly abort: AbortSignal;
  /** Wait no longer for readers of the output. */
  readonly giveUp: AbortSignal;
  /** Does what the first Ctrl-C does. */
  interrupt(): void;
}

/** Time for the deletes in flight to finish, in milliseconds. */
const FINISH_MS = 10_000;

/** Time for the report after the deletes in flight were cut off, in milliseconds. */
const REPORT_MS = 1_000;

/** Signals closer than this, in milliseconds, are one: npm passes Ctrl-C on again, a closed terminal signals twice. */
const SAME_SIGNAL_MS = 100;

/** Listens to the signals that ask the command to end: Ctrl-C, kill, and a closed terminal. */
export function onInterrupt(): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  const giveUp = new AbortController();
  let signalledAt = Number.NEGATIVE_INFINITY;
  const cutOff = () => {
    abort.abort(new Error('interrupted'));
    setTimeout(() => giveUp.abort(), REPORT_MS).unref();
  };
  const interrupt = () => {
    if (stop.signal.aborted) return;
    stop.abort(new Error('interrupted'));
    setTimeout(cutOff, FINISH_MS).unref();
  };
  const onSignal = () => {
    const isSame = performance.now() - signalledAt < SAME_SIGNAL_MS;
    signalledAt = performance.now();
    if (!stop.signal.aborted) interrupt();
    else if (!isSame && !abort.signal.aborted) cutOff();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return { stop: stop.signal, abort: abort.signal, giveUp: giveUp.signal, interrupt };
}
