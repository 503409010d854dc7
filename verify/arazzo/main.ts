// Writes the main paths as an Arazzo description, and says how to run it.
import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { CannotRun } from '../cannot-run.ts';
import { defaultContractFile, readContract } from '../contract/read-contract.ts';
import { readFixtures } from '../fixtures.ts';
import { TOKEN_INPUTS } from './calls.ts';
import { describeMainPaths, SOURCE } from './describe.ts';

const { fixtures, out, contract } = new Command('verify:arazzo')
  .description("Writes the contract's main paths as an Arazzo description, for Redocly's respect.")
  .requiredOption('--fixtures <file>', 'what the provider holds, as for the provider check; with a token')
  .requiredOption('--out <file>', 'the description; it holds no secrets')
  .option('--contract <file>', 'another contract', defaultContractFile)
  .parse()
  .opts<{ fixtures: string; out: string; contract: string }>();

try {
  const contractUrl = relative(dirname(resolve(out)), resolve(contract));
  const description = describeMainPaths(await readContract(contract), await readFixtures(fixtures), contractUrl);
  await writeFile(out, stringify(description, { aliasDuplicateObjects: false, lineWidth: 0 }));
  const inputs = `'{"${TOKEN_INPUTS.allowed}":"…","${TOKEN_INPUTS.forbidden}":"…"}'`;
  console.log(
    `Run it with\n\n  REDOCLY_CLI_RESPECT_INPUT=${inputs} npx redocly respect ${out} --server ${SOURCE}=<baseUrl>\n`,
  );
} catch (error) {
  if (!(error instanceof CannotRun) && !(error as NodeJS.ErrnoException).code) throw error;
  for (const problem of error instanceof CannotRun ? error.problems : [(error as Error).message])
    console.error(problem);
  process.exitCode = 2;
}
