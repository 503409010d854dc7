// `swr-tag-delete verify`, the provider check as a program: reads the fixtures, writes the reports at the end.
import type { Command } from 'commander';
import { readContract } from '../contract/read-contract.ts';
import { onStop } from '../ending.ts';
import { readFixtures } from '../fixtures.ts';
import { exitCodeOf } from '../report/exit-code.ts';
import { requireWritable } from '../report/require-writable.ts';
import { printReport } from '../report/terminal.ts';
import { writeReports } from '../report/write-reports.ts';
import { runProgram } from '../run-program.ts';
import { listCases } from './list-cases.ts';
import { type ProviderOptions, providerOptions } from './options.ts';
import { progressLine } from './progress.ts';
import { verifyProvider } from './verify-provider.ts';

/** The command. */
export function verifyCommand(): Command {
  return providerOptions().action((baseUrl: string, options: ProviderOptions) =>
    runProgram(() => verify(baseUrl, options)),
  );
}

/** @returns the exit code @throws CannotRun */
async function verify(baseUrl: string, given: ProviderOptions): Promise<number> {
  const { reportDir, allowUnverified = false, ...options } = given;
  const contract = await readContract(options.contract);
  const fixtures = await readFixtures(options.fixtures);
  if (options.dryRun) {
    process.stdout.write(listCases({ baseUrl, contract, fixtures, level: options.level, seed: options.seed ?? 0 }));
    return 0;
  }
  if (reportDir !== undefined) await requireWritable(reportDir);
  const progress = progressLine(process.stderr);
  const signal = interrupts();
  const report = await verifyProvider({
    baseUrl,
    contract,
    fixtures,
    level: options.level,
    ...(options.seed !== undefined && { seed: options.seed }),
    maxRequests: options.maxRequests,
    requestsPerSecond: options.rate,
    timeoutMs: options.timeout * 1000,
    signal,
    onProgress: progress.show,
  }).finally(progress.clear);
  // The files come first: the reader of the output may go away.
  const files = reportDir === undefined ? [] : await writeReports(report, reportDir);
  printReport(report, process.stdout, files);
  // What was interrupted has not passed.
  return exitCodeOf(report, { allowUnverified: allowUnverified && !signal.aborted });
}

/** Ctrl-C ends the requests that are under way, and the report follows. */
function interrupts(): AbortSignal {
  const controller = new AbortController();
  onStop(() => controller.abort());
  return controller.signal;
}
