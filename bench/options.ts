// The benchmark's command line.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { commandIn, projectRoot } from './harness/builds.ts';

const defaultOut = join(projectRoot, 'dist/bench/results.json');

/** What to measure, how much, and where the figures go. */
export interface Options {
  /** Names of rows. */
  readonly rows: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  /** Peers that take part. Undefined: all of them. */
  readonly only: readonly string[] | undefined;
  /** A built checkout to compare this one with. */
  readonly against: string | undefined;
  /** The file for the figures as JSON. */
  readonly out: string;
  /** Whether the figures are written into bench/README.md. */
  readonly write: boolean;
}

const MAX_ROUNDS = 50;
const MAX_SECONDS = 600;

/** Reads the command line. If it is invalid, prints why and ends the process with 2. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const command = new Command('bench')
    .description('Measures the project beside its peers and prints the figures.')
    .argument('[rows...]', `what to measure: ${known.join(', ')} (default: all)`)
    .option('--rounds <n>', 'how often each load is repeated', numberUpTo(MAX_ROUNDS), 3)
    .option('--seconds <s>', 'length of each load', numberUpTo(MAX_SECONDS), 3)
    .option('--only <peers>', 'peers that take part, separated by commas (default: all)', (text) => text.split(','))
    .option(
      '--against <dir>',
      'compare with another built checkout; peers take part only if --only names them',
      checkout,
    )
    .option('--out <file>', 'file for the figures as JSON', (file) => resolve(file), defaultOut)
    .option('--write', 'put the figures into bench/README.md', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  command.parse(args, { from: 'user' });
  const unknown = command.args.filter((name) => !known.includes(name));
  if (unknown.length > 0) command.error(`error: unknown row '${unknown.join("', '")}'. Rows: ${known.join(', ')}`);
  const { only, against, ...rest } = command.opts<
    Pick<Options, 'rounds' | 'seconds' | 'out' | 'write'> & { only?: string[]; against?: string }
  >();
  if (against !== undefined && rest.write) command.error('error: --write is for figures beside peers, not --against');
  const peers = only ?? (against === undefined ? undefined : []);
  return { ...rest, rows: command.args.length > 0 ? command.args : known, only: peers, against };
}

/** An argument parser for commander: a whole number from 1 to a maximum. */
export function numberUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    }
    return value;
  };
}

function checkout(directory: string): string {
  const root = resolve(directory);
  if (!existsSync(commandIn({ root }))) {
    throw new InvalidArgumentError('It must be a checkout with a build: run `npm ci && npm run build` there.');
  }
  return root;
}
