// The composition root of the consumer check: reads the command line, opens the port, ends with the reports.
import { CannotRun } from '../cannot-run.ts';
import { readContract } from '../contract/read-contract.ts';
import { EXIT, exitCodeOf } from '../report/exit-code.ts';
import type { Report } from '../report/model.ts';
import { requireWritable } from '../report/require-writable.ts';
import { printReport } from '../report/terminal.ts';
import { ReportError, writeReports } from '../report/write-reports.ts';
import { type ConsumerCheck, startConsumerCheck } from './consumer-check.ts';
import { type ConsumerOptions, readOptions } from './options.ts';

/** After a signal, answers that are due have so many milliseconds. */
const GRACE_MS = 2_000;

// Whoever reads the output may go away (`| head`): the check goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) process.exitCode = await run(options);
} catch (error) {
  for (const problem of problemsOf(error)) process.stderr.write(`${problem}\n`);
  process.exitCode = EXIT.couldNotRun;
}

async function run(options: ConsumerOptions): Promise<number> {
  const contract = await readContract(options.contract);
  if (options.reportDirectory !== undefined) await requireWritable(options.reportDirectory);
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const check = await startConsumerCheck({ ...options, contract, onIdle: end, onTrouble: complain }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CannotRun([explain(error, options)], { cause: error });
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  announce(check, options);
  await ended;
  return finish(await check.end(GRACE_MS), options);
}

function announce({ url }: ConsumerCheck, { upstream }: ConsumerOptions): void {
  process.stdout.write(
    `Listens on ${url}, passes to ${upstream.origin}${upstream.basePath}. Point the consumer at it; Ctrl-C ends with the report.\n`,
  );
}

async function finish(report: Report, { reportDirectory, allowUnverified }: ConsumerOptions): Promise<number> {
  printReport(report, process.stdout);
  const files = reportDirectory === undefined ? [] : await writeReports(report, reportDirectory);
  for (const file of files) process.stdout.write(`Written: ${file}\n`);
  return exitCodeOf(report, { allowUnverified });
}

function complain(what: string): void {
  process.stderr.write(`${what}\n`);
}

/** A start that failed, for a person: no stack. */
function explain({ code, message }: NodeJS.ErrnoException, { host, port }: ConsumerOptions): string {
  if (code === 'EADDRINUSE') return `${host}:${port} is in use by another program; --port chooses another port`;
  if (code === 'EACCES') return `${host}:${port} is not allowed to this user; --port chooses another port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `--host is no address of this machine (${message})`;
  return `Cannot start: ${message}`;
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof CannotRun) return error.problems;
  return [error instanceof ReportError ? error.message : `Cannot go on: ${String(error)}`];
}
