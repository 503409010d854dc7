import { MultiBar, type SingleBar } from 'cli-progress';

/** Draws per second. */
const BAR_FPS = 10;

/** A bar that grows with the work, with lines above it. */
export interface ProgressBar {
  step(failed: number): void;
  above(text: string): void;
  stop(): void;
}

/** @param count number of steps to 100 % */
export function createProgressBar(count: number, stream: NodeJS.WritableStream): ProgressBar {
  const startedAt = performance.now();
  let done = 0;
  const bars = new MultiBar({
    stream,
    fps: BAR_FPS,
    hideCursor: true,
    // Signals are handled in interrupts.ts.
    gracefulExit: false,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    format: '{bar} {percentage} % · {value} of {total} · {rate}/s · {eta_formatted} left · {failed} failed',
    etaBuffer: 200,
  });
  const bar: SingleBar = bars.create(count, 0, { rate: '0', failed: 0 });
  return {
    step(failed) {
      done += 1;
      const seconds = Math.max(0.1, (performance.now() - startedAt) / 1000);
      bar.update(done, { rate: (done / seconds).toFixed(done < seconds * 10 ? 1 : 0), failed });
    },
    above: (text) => bars.log(text),
    stop() {
      // Lines put above the bar since its last draw would be lost without one more.
      bars.update();
      bars.stop();
    },
  };
}
