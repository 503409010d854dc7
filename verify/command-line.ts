// The options that both checks share.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { CannotRun } from './cannot-run.ts';
import { LEVELS } from './contract/level.ts';

/** A command with the options of both checks. */
export function checkCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--report-dir <directory>', 'writes JUnit XML, JSON and an HTML page there')
    .addOption(new Option('--level <level>', 'highest level of the contract to check').choices(LEVELS).default('full'))
    .option('--contract <file>', 'an OpenAPI document other than the one of this package')
    .option('--allow-unverified', 'exit with 0 even if something is not verified', false);
}

/**
 * Parses a command line. Help is printed.
 * @returns undefined if the caller asked for help: there is nothing to run
 * @throws CannotRun with commander's sentence if the command line is wrong
 */
export function parsed(command: Command, args: readonly string[]): Command | undefined {
  command.configureOutput({ writeErr: () => undefined }).exitOverride();
  try {
    return command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new CannotRun([error.message.replace(/^error: /, '')], { cause: error });
  }
}

/** Reads a whole number within bounds, for commander. */
export function wholeNumber(from: number, to: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to) {
      throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
    }
    return value;
  };
}

/** Reads a port for commander; 0 picks a free one. */
export const port = wholeNumber(0, 65_535);
