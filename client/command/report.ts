// Reports results while the command works, and the summary at its end.
import type { Result } from './bulk-delete.ts';
import { createProgressBar } from './progress-bar.ts';
import { type Counts, jsonOf, lineOf, summaryOf } from './result-lines.ts';

/** A stream to write to; `isTTY` if a person reads it at a terminal. */
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Receives every result, then the end. */
export interface Reporter {
  result(result: Result): void | Promise<void>;
  /** Writes the summary. @returns whether every tag is gone */
  end(): boolean;
}

interface Options {
  readonly count: number;
  /** Write one JSON object per line, for programs. */
  readonly json: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** On a terminal: a bar, with failures above it. Elsewhere: a line per reference. The summary goes to standard error. */
export function createReporter({ count, json, stdout, stderr }: Options): Reporter {
  const startedAt = performance.now();
  const counts: Counts = {
    deleted: 0,
    'deleted-by-earlier-try': 0,
    missing: 0,
    failed: 0,
    'not-tried': 0,
    'would-delete': 0,
  };
  const showsBar = Boolean(stderr.isTTY) && !(json && stdout.isTTY);
  const bar = showsBar ? createProgressBar(count, stderr) : undefined;
  return {
    async result(result) {
      counts[result.outcome] += 1;
      if (json) await write(stdout, `${jsonOf(result)}\n`);
      else if (bar === undefined || !stdout.isTTY) await write(stdout, `${lineOf(result)}\n`);
      else if (result.outcome === 'failed') bar.above(`${lineOf(result)}\n`);
      if (result.outcome !== 'not-tried') bar?.step(counts.failed);
    },
    end() {
      bar?.stop();
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      stderr.write(`${summaryOf(counts)} in ${seconds} s\n`);
      return counts.failed === 0 && counts['not-tried'] === 0;
    },
  };
}

/** Waits for a slow reader, so that output does not pile up in memory. */
async function write(output: Output, text: string): Promise<void> {
  if (output.write(text) || !output.writable) return;
  await new Promise<void>((resolve) => {
    output.once('drain', resolve);
    output.once('close', resolve);
  });
}
