// What the command tells while it works and at its end.
import { MultiBar, type SingleBar } from 'cli-progress';
import type { Result } from './bulk-delete.ts';
import { formatReference } from './reference.ts';

/** Where the command writes; `isTTY` says whether a person looks at it. */
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Told every result, and at last the end. */
export interface Reporter {
  result(result: Result): void | Promise<void>;
  /** Writes the summary. @returns whether every tag is gone */
  end(): boolean;
}

interface Options {
  readonly count: number;
  /** One JSON object a line, for programs. */
  readonly json: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** A line for people is cut here, in characters. */
const MAX_LINE_LENGTH = 1_000;

/** How often the bar is drawn, a second. */
const BAR_FPS = 10;

/** On a terminal a bar, with failures above it; elsewhere a line a reference. The summary goes to standard error. */
export function createReporter({ count, json, stdout, stderr }: Options): Reporter {
  const startedAt = performance.now();
  const counts: Record<Result['outcome'], number> = {
    deleted: 0,
    'deleted-by-earlier-try': 0,
    missing: 0,
    failed: 0,
    'not-tried': 0,
    'would-delete': 0,
  };
  const showsBar = Boolean(stderr.isTTY) && !(json && stdout.isTTY);
  const bar = showsBar ? createBar(count, stderr) : undefined;
  return {
    async result(result) {
      counts[result.outcome] += 1;
      if (json) await write(stdout, `${JSON.stringify(jsonOf(result))}\n`);
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

/** Waits where the reader is slower, so that nothing piles up in memory. */
async function write(output: Output, text: string): Promise<void> {
  if (output.write(text) || !output.writable) return;
  await new Promise<void>((resolve) => {
    output.once('drain', resolve);
    output.once('close', resolve);
  });
}

function lineOf({ image, outcome, error }: Result): string {
  const reference = formatReference(image);
  if (error === undefined) return `${outcome} ${reference}`;
  const facts = [error.status, error.code, error.requestId && `request ${error.requestId}`].filter(Boolean).join(', ');
  return printable(`${outcome} ${reference}: ${error.message}${facts && ` (${facts})`}`);
}

/** What a provider says may hold line ends and a terminal's control sequences. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd').slice(0, MAX_LINE_LENGTH);
}

function jsonOf({ image, outcome, requestId, tries, error }: Result): object {
  const failure = error && { status: error.status, code: error.code, message: error.message };
  return { reference: formatReference(image), outcome, requestId, tries, ...failure };
}

function summaryOf(counts: Record<Result['outcome'], number>): string {
  if (counts['would-delete'] > 0) return `would delete ${counts['would-delete']}`;
  const deleted = counts.deleted + counts['deleted-by-earlier-try'];
  const rest = (['missing', 'failed', 'not-tried'] as const).filter((outcome) => counts[outcome] > 0);
  return [`deleted ${deleted}`, ...rest.map((outcome) => `${outcome.replace('-', ' ')} ${counts[outcome]}`)].join(', ');
}

interface Bar {
  step(failed: number): void;
  above(text: string): void;
  stop(): void;
}

function createBar(count: number, stream: Output): Bar {
  const startedAt = performance.now();
  let done = 0;
  const bars = new MultiBar({
    stream,
    fps: BAR_FPS,
    hideCursor: true,
    // What Ctrl-C means is decided elsewhere.
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
      // What was put above the bar since it was last drawn would be lost.
      bars.update();
      bars.stop();
    },
  };
}
