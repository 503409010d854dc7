// The benchmark: measures the rows that are asked for, one after another, and tells what came out.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { thisMachine } from './machine.ts';
import { readOptions } from './options.ts';
import { markdown, terminalText } from './print.ts';
import { bindThisProcess, endAllWithThisProcess } from './processes.ts';
import type { Results, Section } from './results.ts';
import { built, projectRoot } from './root.ts';
import type { Row } from './row.ts';
import { clientRow } from './rows/client.ts';
import { growthRow } from './rows/growth.ts';
import { layoutRow } from './rows/layout.ts';
import { mockRow } from './rows/mock.ts';
import { registryRow } from './rows/registry.ts';
import { serverRow } from './rows/server.ts';

const rows: Readonly<Record<string, Row>> = {
  server: serverRow,
  layout: layoutRow,
  registry: registryRow,
  client: clientRow,
  mock: mockRow,
  growth: growthRow,
};

const RESULTS_FILE = built('bench/results.json');
const README = join(projectRoot, 'bench/README.md');
/** Between these lines of the README stand the figures of the last run. */
const FIGURES = /(?<=<!-- figures: npm run bench -- --write -->\n)[\s\S]*(?=<!-- end of figures -->)/;

const options = readOptions(process.argv.slice(2), Object.keys(rows));
endAllWithThisProcess();
try {
  await bench();
} catch (error) {
  process.stderr.write(`The benchmark cannot go on: ${(error as Error).message}\n`);
  process.exit(1);
}
process.exit(0);

async function bench(): Promise<void> {
  const machine = thisMachine();
  bindThisProcess();
  const sections: Section[] = [];
  const { rounds, seconds, only } = options;
  for (const name of options.rows) {
    const report = (what: string) => void process.stderr.write(`${name}: ${what}\n`);
    sections.push(await (rows[name] as Row)({ rounds, seconds, only, report }));
  }
  const results: Results = { date: new Date().toISOString(), machine, rounds, seconds, sections };
  await mkdir(dirname(RESULTS_FILE), { recursive: true });
  await writeFile(RESULTS_FILE, `${JSON.stringify(results, undefined, 2)}\n`);
  process.stdout.write(`${terminalText(results)}\n`);
  if (options.write) {
    const text = await readFile(README, 'utf8');
    await writeFile(
      README,
      text.replace(FIGURES, () => `\n${markdown(results)}\n\n`),
    );
  }
}
