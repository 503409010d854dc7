#!/usr/bin/env node
// One command for three programs: `provider`, `consumer` and `faulty-provider`. The npm scripts pass the first word.
import { CannotRun } from './cannot-run.ts';
import { consumerCommand } from './consumer/command.ts';
import { faultyProviderCommand } from './faulty-providers/command.ts';
import { providerCommand } from './provider/command.ts';
import { EXIT } from './report/exit-code.ts';

/** Runs with the rest of the command line; resolves with the exit code. */
type Program = (args: readonly string[]) => Promise<number>;

const PROGRAMS: Readonly<Record<string, Program>> = {
  provider: providerCommand,
  consumer: consumerCommand,
  'faulty-provider': faultyProviderCommand,
};

const [name = '', ...args] = process.argv.slice(2);
try {
  process.exitCode = await programOf(name)(args);
} catch (error) {
  const problems = error instanceof CannotRun ? error.problems : [(error as Error).message];
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
  process.exitCode = EXIT.couldNotRun;
}

function programOf(name: string): Program {
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (program === undefined) throw new CannotRun([`name one of: ${Object.keys(PROGRAMS).join(', ')}`]);
  return program;
}
