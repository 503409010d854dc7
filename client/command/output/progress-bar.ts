import type { Output } from './output.ts';

/** Min time between two draws, in milliseconds. */
const DRAW_MS = 100;

/** Max length, in characters. */
const BAR_LENGTH = 30;

/** Back to the start of the line, which is cleared. */
const CLEAR_LINE = '\r\u001b[K';

/** A bar on the terminal's last line, with whole lines above it. */
export interface ProgressBar {
  step(failed: number): void;
  /** Waits for a slow terminal. */
  above(line: string): Promise<void>;
  stop(): void;
}

/** @param count number of steps to 100 % */
export function createProgressBar(count: number, output: Output): ProgressBar {
  const startedAt = performance.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let done = 0;
  let failed = 0;

  function draw(): void {
    drawnAt = performance.now();
    // A line that wraps could not be cleared.
    const width = output.columns - 1;
    const line = barLine({ count, done, failed, seconds: (drawnAt - startedAt) / 1000 }, width);
    output.draw(`${CLEAR_LINE}${line.slice(0, width)}`);
  }

  draw();
  return {
    step(failedNow) {
      done += 1;
      failed = failedNow;
      if (done === count || performance.now() - drawnAt >= DRAW_MS) draw();
    },
    async above(line) {
      await output.write(`${CLEAR_LINE}${line}\n`);
      draw();
    },
    stop() {
      draw();
      void output.write('\n');
    },
  };
}

interface Progress {
  readonly count: number;
  readonly done: number;
  readonly failed: number;
  readonly seconds: number;
}

/** Such as `████░░░░ 39 % · 396 of 1000 · 211/s · 3s left · 0 failed`. The bar is shorter if the width demands it. */
function barLine({ count, done, failed, seconds }: Progress, width: number): string {
  const share = count === 0 ? 1 : done / count;
  const rate = done / Math.max(0.1, seconds);
  const left = done === 0 ? '–' : duration(Math.round(((count - done) * seconds) / done));
  const facts = [
    `${Math.floor(share * 100)} %`,
    `${done} of ${count}`,
    `${rate.toFixed(rate < 10 ? 1 : 0)}/s`,
    `${left} left`,
    `${failed} failed`,
  ].join(' · ');
  const length = Math.max(0, Math.min(BAR_LENGTH, width - facts.length - 1));
  const full = Math.floor(share * length);
  return `${'█'.repeat(full)}${'░'.repeat(length - full)} ${facts}`;
}

/** Such as `3s`, `2m5s`, `1h10m`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3_600)}h${Math.floor((seconds % 3_600) / 60)}m`;
}
