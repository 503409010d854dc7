// The options that both checks share.
import { Command, InvalidArgumentError, Option } from 'commander';
import { LEVELS } from './contract/level.ts';

/** A command with the options of both checks. */
export function checkCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--report-dir <directory>', 'writes JUnit XML, JSON and an HTML page there')
    .addOption(new Option('--level <level>', 'highest level of the contract to check').choices(LEVELS).default('full'))
    .option('--contract <file>', 'another contract than the one of this package')
    .option('--allow-unverified', 'exit with 0 even if something is not verified');
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
