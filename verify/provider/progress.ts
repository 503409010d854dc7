import type { Progress } from './verify-provider.ts';

/** The line is written anew after so many milliseconds. */
const PACE_MS = 100;

/** A line that says how far the check is, where somebody watches. */
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
