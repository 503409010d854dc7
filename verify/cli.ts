#!/usr/bin/env node
// One command for three programs: `provider`, `consumer` and `faulty-provider`. The npm scripts pass the first word.
import { CannotRun } from './cannot-run.ts';
import { consumerCommand } from './consumer/command.ts';
import { end, looseStreams } from './ending.ts';
import { faultyProviderCommand } from './faulty-providers/command.ts';
import { providerCommand } from './provider/command.ts';
import { EXIT } from './report/exit-code.ts';
import { harmlessLine } from './report/harmless.ts';

/** Runs with the rest of the command line; resolves with the exit code. */
type Program = (args: readonly string[]) => Promise<number>;

const PROGRAMS: Readonly<Record<string, Program>> = {
  provider: providerCommand,
  consumer: consumerCommand,
  'faulty-provider': faultyProviderCommand,
};

looseStreams();
const [name = '', ...args] = process.argv.slice(2);
await end(await programOf(name)(args).catch(explain));

function programOf(wanted: string): Program {
  const program = Object.hasOwn(PROGRAMS, wanted) ? PROGRAMS[wanted] : undefined;
  return program ?? (() => Promise.reject(new CannotRun([`name one of: ${Object.keys(PROGRAMS).join(', ')}`])));
}

/** Prints why a program could not run. The message may quote what a provider sent. */
function explain(error: unknown): number {
  const problems = error instanceof CannotRun ? error.problems : [(error as Error).message];
  for (const problem of problems) process.stderr.write(`error: ${harmlessLine(problem)}\n`);
  return EXIT.couldNotRun;
}
