// The command line of the benchmark, checked as a whole.
import { Command, InvalidArgumentError } from 'commander';

/** What is asked for. */
export interface Options {
  /** Names of rows; all of them where none is named. */
  readonly rows: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly string[] | undefined;
  /** Whether the figures are written into bench/README.md. */
  readonly write: boolean;
}

const MAX_ROUNDS = 50;
const MAX_SECONDS = 600;

/** Ends the process with 2, and all that is known, where a command line is not understood. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const command = new Command('bench')
    .description('Measures the project beside its peers. Figures go to the terminal and to dist/bench/results.json.')
    .argument('[rows...]', `what to measure: ${known.join(', ')}; all of it where none is named`)
    .option('--rounds <n>', 'how often each load is repeated', numberUpTo(MAX_ROUNDS), 3)
    .option('--seconds <s>', 'how long each load goes on', numberUpTo(MAX_SECONDS), 3)
    .option('--only <peers>', 'peers that take part, with commas between them', (text) => text.split(','))
    .option('--write', 'put the figures into bench/README.md', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  command.parse(args, { from: 'user' });
  const unknown = command.args.filter((name) => !known.includes(name));
  if (unknown.length > 0) command.error(`error: unknown row '${unknown.join("', '")}'; there are ${known.join(', ')}`);
  const { rounds, seconds, only, write } = command.opts<Omit<Options, 'rows' | 'only'> & { only?: string[] }>();
  return { rows: command.args.length > 0 ? command.args : known, rounds, seconds, only, write };
}

/** A whole number from 1, as commander takes it. */
export function numberUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    }
    return value;
  };
}
