// The composition root of the provider check.
import { CommanderError } from 'commander';
import { CannotRun } from '../cannot-run.ts';
import { readContract } from '../contract/read-contract.ts';
import { readFixtures } from '../fixtures.ts';
import { EXIT, exitCodeOf } from '../report/exit-code.ts';
import { requireWritable } from '../report/require-writable.ts';
import { printReport } from '../report/terminal.ts';
import { writeReports } from '../report/write-reports.ts';
import { listCases } from './list-cases.ts';
import { readOptions } from './options.ts';
import { progressLine } from './progress.ts';
import { verifyProvider } from './verify-provider.ts';

// Whoever reads the output may go away (`| head`).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit(EXIT.couldNotRun));

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = tellWhyNot(error);
}

async function main(): Promise<number> {
  const { baseUrl, reportDir, allowUnverified, ...options } = readOptions(process.argv.slice(2));
  const contract = await readContract(options.contract);
  const fixtures = await readFixtures(options.fixtures);
  if (options.dryRun) {
    process.stdout.write(listCases({ baseUrl, contract, fixtures, seed: options.seed ?? 0 }));
    return 0;
  }
  if (reportDir !== undefined) await requireWritable(reportDir);
  const progress = progressLine(process.stderr);
  const signal = interrupts();
  const report = await verifyProvider({
    baseUrl,
    contract,
    fixtures,
    ...(options.seed !== undefined && { seed: options.seed }),
    maxRequests: options.maxRequests,
    requestsPerSecond: options.rate,
    timeoutMs: options.timeout * 1000,
    signal,
    onProgress: progress.show,
  }).finally(progress.clear);
  // First the files: whoever reads the output may go away.
  const files = reportDir === undefined ? [] : await writeReports(report, reportDir);
  printReport(report, process.stdout);
  for (const file of files) process.stdout.write(`${file}\n`);
  // What was interrupted has not passed.
  return exitCodeOf(report, { allowUnverified: allowUnverified && !signal.aborted });
}

/** Ctrl-C ends the requests that are under way, and the report follows; the second one ends the process. */
function interrupts(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function tellWhyNot(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  const problems = error instanceof CannotRun ? error.problems : [(error as Error).message];
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
  return EXIT.couldNotRun;
}
