/**
 * Milliseconds in which a repeated signal counts as the same one: for a Ctrl-C at a terminal the kernel signals npm and
 * its child, and npm passes it on to the child once more.
 */
const SAME_SIGNAL_MS = 500;

export interface Ends {
  /** Ends in order. */
  first: (signal: NodeJS.Signals) => void;
  /** Cuts off what `first` waits for. */
  again: () => void;
}

/** Tells the first signal that asks the process to end from those that ask again. @param ends read at each signal */
export function onEndSignals(signals: readonly NodeJS.Signals[], ends: Ends): void {
  let firstAt: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      ends.first(signal);
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      ends.again();
    }
  };
  for (const signal of signals) process.on(signal, handle);
}
