// `swr-tag-delete faulty-provider`: a partner sees what the check says of it.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { CannotRun } from '../cannot-run.ts';
import { port } from '../command-line.ts';
import { onStop } from '../ending.ts';
import { runProgram } from '../run-program.ts';
import { faults } from './faults.ts';
import { startProvider } from './provider.ts';

interface Options {
  readonly fault?: string;
  readonly list?: boolean;
  readonly port: number;
  readonly fixtures?: string;
}

const examples = `
Examples:
  swr-tag-delete faulty-provider --list
  swr-tag-delete faulty-provider --fault body-on-204

Exit codes: 0 ended by a signal, 2 usage error.`;

/** The command. */
export function faultyProviderCommand(): Command {
  const fault = new Option('--fault <name>', 'the fault; without it there is none');
  return new Command('faulty-provider')
    .description('Starts a provider on loopback that keeps the contract, except for one fault.')
    .addOption(fault)
    .on('completing', () => fault.choices(faults.map(({ name }) => name)))
    .option('--port <number>', '0 takes a free one', port, 0)
    .option('--fixtures <file>', 'the file for what it holds; without it, a temporary one')
    .option('--list', 'lists the faults, each with what a user loses by it')
    .addHelpText('after', examples)
    .action((options: Options) => runProgram(() => run(options)));
}

/**
 * Starts a provider on loopback, prints how to check it, and ends with SIGINT or SIGTERM.
 * @returns the exit code @throws CannotRun
 */
async function run(options: Options): Promise<number> {
  if (options.list === true) {
    for (const { name, loss } of faults) process.stdout.write(`${name}: ${loss}\n`);
    return 0;
  }
  const fault = faults.find((one) => one.name === options.fault);
  if (options.fault !== undefined && fault === undefined) {
    throw new CannotRun([`No fault is called ${options.fault}; --list lists them.`]);
  }
  const provider = await startProvider(fault?.change, options.port);
  const fixtures = options.fixtures ?? join(await mkdtemp(join(tmpdir(), 'faulty-provider-')), 'fixtures.yaml');
  await writeFile(fixtures, stringify(provider.fixtures), { mode: 0o600 });
  console.log(`${fault ? `${fault.name}: ${fault.loss}` : 'no fault'}\nCheck it with\n`);
  console.log(`  npx swr-tag-delete verify ${provider.url} --fixtures ${fixtures}\n`);
  await new Promise<void>((resolve) => onStop(resolve));
  await provider.close();
  return 0;
}
