/** `stop` aborts at the first Ctrl-C, `abort` at the second one. */
export interface Interrupts {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** Does what the first Ctrl-C does. */
  interrupt(): void;
}

/** Listens to the signals that ask the command to end: Ctrl-C, kill, and a closed terminal. */
export function onInterrupt(): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) abort.abort(new Error('interrupted'));
    stop.abort(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return { stop: stop.signal, abort: abort.signal, interrupt: () => stop.abort(new Error('interrupted')) };
}
