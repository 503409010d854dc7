// Lets a partner see what the check says of a faulty provider: starts one, and prints how to check it.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { faults } from './faults.ts';
import { startProvider } from './provider.ts';

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('a port is 0 to 65535.');
  return Number(text);
}

const options = new Command('faulty-provider')
  .description('Starts a provider on loopback that keeps the contract, but for one fault.')
  .option('--fault <name>', `one of: ${faults.map((one) => one.name).join(', ')}; without it there is none`)
  .option('--port <number>', '0 is any free one', port, 0)
  .option('--fixtures <file>', 'where to write what it holds; without it, a temporary file')
  .parse()
  .opts<{ fault?: string; port: number; fixtures?: string }>();

const fault = faults.find((one) => one.name === options.fault);
if (options.fault !== undefined && fault === undefined) {
  console.error(`No fault is called ${options.fault}; --help lists them.`);
  process.exit(2);
}
const provider = await startProvider(fault?.change, options.port);
const fixtures = options.fixtures ?? join(await mkdtemp(join(tmpdir(), 'faulty-provider-')), 'fixtures.yaml');
await writeFile(fixtures, stringify(provider.fixtures), { mode: 0o600 });
console.log(`${fault ? `${fault.name}: ${fault.loss}` : 'no fault'}\nCheck it with\n`);
console.log(`  npm run verify -- ${provider.url} --fixtures ${fixtures}\n`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void provider.close());
