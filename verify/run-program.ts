import { CannotRun } from './cannot-run.ts';
import { end, looseStreams } from './ending.ts';
import { EXIT } from './report/exit-code.ts';
import { harmlessLine } from './report/harmless.ts';

/** Runs a program of the checks, and ends the process with the exit code that it resolves with. */
export async function runProgram(program: () => Promise<number>): Promise<never> {
  looseStreams();
  return end(await program().catch(explain));
}

/** Prints why a program could not run. The message may quote what a provider sent. */
function explain(error: unknown): number {
  const problems = error instanceof CannotRun ? error.problems : [(error as Error).message];
  for (const problem of problems) process.stderr.write(`error: ${harmlessLine(problem)}\n`);
  return EXIT.couldNotRun;
}
