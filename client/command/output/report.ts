// Reports results while the command works, and the summary at its end.
import type { Result } from '../bulk-delete.ts';
import type { Output } from './output.ts';
import { createProgressBar } from './progress-bar.ts';
import { type Counts, jsonOf, lineOf, summaryOf } from './result-lines.ts';

/** Receives every result, then the end. */
export interface Reporter {
  result(result: Result): Promise<void>;
  /** Writes the summary, which counts every result. @returns whether every tag is gone, and every line was written */
  end(): Promise<boolean>;
}

interface Options {
  /** Number of references. */
  readonly count: number;
  /** Write one JSON object per line, for programs. */
  readonly json: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
}

/**
 * With a bar: failures above it, on standard error. Without: a line per reference, on standard output. The summary goes
 * to standard error.
 */
export function createReporter({ count, json, stdout, stderr }: Options, { hasBar }: { hasBar: boolean }): Reporter {
  const startedAt = performance.now();
  const counts: Counts = {
    deleted: 0,
    'deleted-by-earlier-try': 0,
    missing: 0,
    failed: 0,
    'not-tried': 0,
    'would-delete': 0,
  };
  // Lines of another writer would begin at the end of the bar.
  const isClean = stdout.isTerminal ? !json : !stdout.isPipe;
  const showsBar = hasBar && stderr.isTerminal && isClean;
  const bar = showsBar ? createProgressBar(count, stderr) : undefined;
  return {
    async result(result) {
      counts[result.outcome] += 1;
      if (result.outcome !== 'not-tried') bar?.step(counts.failed);
      if (json) await stdout.write(`${jsonOf(result)}\n`);
      else if (bar === undefined || !stdout.isTerminal) await stdout.write(`${lineOf(result)}\n`);
      else if (result.outcome === 'failed') await bar.above(lineOf(result));
    },
    async end() {
      bar?.stop();
      // References that could not be read from the list any more.
      counts['not-tried'] += count - Object.values(counts).reduce((sum, one) => sum + one, 0);
      const lost = await stdout.flush();
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const note = lost === 0 ? '' : `; ${lost} lines could not be written to standard output`;
      void stderr.write(`${summaryOf(counts)} in ${seconds} s${note}\n`);
      return counts.failed === 0 && counts['not-tried'] === 0 && lost === 0;
    },
  };
}
