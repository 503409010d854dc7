import type { Progress } from './verify-provider.ts';

/** Milliseconds between updates of the line. */
const PACE_MS = 100;

/** A progress line, if the output is a terminal. */
export function progressLine(stream: NodeJS.WriteStream): {
  readonly show: (progress: Progress) => void;
  readonly clear: () => void;
} {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show: ({ done, total, requests }) => {
      if (performance.now() - shownAt < PACE_MS) return;
      shownAt = performance.now();
      stream.write(`\r\x1b[K${done} of ${total} cases, ${requests} requests; Ctrl-C ends with the report`);
    },
    clear: () => void stream.write('\r\x1b[K'),
  };
}
