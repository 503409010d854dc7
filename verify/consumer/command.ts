// `swr-tag-delete verify-consumer`, the consumer check as a program: opens the port, writes the reports at the end.
import type { Command } from 'commander';
import { CannotRun } from '../cannot-run.ts';
import { readContract } from '../contract/read-contract.ts';
import { onStop } from '../ending.ts';
import { exitCodeOf } from '../report/exit-code.ts';
import { harmlessLine } from '../report/harmless.ts';
import type { Report } from '../report/model.ts';
import { requireWritable } from '../report/require-writable.ts';
import { printReport } from '../report/terminal.ts';
import { writeReports } from '../report/write-reports.ts';
import { runProgram } from '../run-program.ts';
import { type ConsumerCheck, startConsumerCheck } from './consumer-check.ts';
import { type ConsumerOptions, checkOptions, consumerOptions, type Given } from './options.ts';
import { awaitUpstream } from './traffic/await-upstream.ts';

/** After a signal: milliseconds to wait for answers that are still due. */
const GRACE_MS = 2_000;

/** The command. */
export function verifyConsumerCommand(): Command {
  return consumerOptions().action((given: Given) => runProgram(() => run(checkOptions(given))));
}

/** @returns the exit code @throws CannotRun */
async function run(options: ConsumerOptions): Promise<number> {
  const contract = await readContract(options.contract);
  if (options.reportDir !== undefined) await requireWritable(options.reportDir);
  await awaitUpstream(options.upstream, complain);
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const check = await startConsumerCheck({ ...options, contract, onIdle: end, onTrouble: complain }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CannotRun([explain(error, options)], { cause: error });
    },
  );
  onStop(end);
  announce(check, options);
  await ended;
  return finish(await check.end(GRACE_MS), options);
}

function announce({ url }: ConsumerCheck, { upstream }: ConsumerOptions): void {
  process.stdout.write(
    `Listens on ${url}, passes to ${upstream.origin}${upstream.basePath}. Point the consumer at it; Ctrl-C ends with the report.\n`,
  );
}

async function finish(report: Report, { reportDir, allowUnverified }: ConsumerOptions): Promise<number> {
  const files = reportDir === undefined ? [] : await writeReports(report, reportDir);
  printReport(report, process.stdout, files);
  return exitCodeOf(report, { allowUnverified });
}

function complain(what: string): void {
  process.stderr.write(`${harmlessLine(what)}\n`);
}

/** A failed start in one readable line, without a stack. */
function explain({ code, message }: NodeJS.ErrnoException, { host, port }: ConsumerOptions): string {
  if (code === 'EADDRINUSE') return `${host}:${port} is in use by another program; --port chooses another port`;
  if (code === 'EACCES') return `${host}:${port} is not allowed to this user; --port chooses another port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `--host is no address of this machine (${message})`;
  return `Cannot start: ${message}`;
}
