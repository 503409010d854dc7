// The benchmark: measures the requested rows one after another and prints the figures.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Build, OTHER, OURS, projectRoot } from './harness/builds.ts';
import { bindThisProcess, endAllWithThisProcess } from './harness/processes.ts';
import type { Row } from './harness/rounds.ts';
import { readOptions } from './options.ts';
import { compareBuilds } from './results/compare.ts';
import { thisMachine } from './results/machine.ts';
import { markdown, terminalText } from './results/print.ts';
import type { Results, Section } from './results/results.ts';
import { clientRow } from './rows/client.ts';
import { growthRow } from './rows/growth.ts';
import { iamRow } from './rows/iam.ts';
import { layoutRow } from './rows/layout.ts';
import { mockRow } from './rows/mock.ts';
import { registryRow } from './rows/registry.ts';
import { serverRow } from './rows/server.ts';

const rows: Readonly<Record<string, Row>> = {
  server: serverRow,
  iam: iamRow,
  layout: layoutRow,
  registry: registryRow,
  client: clientRow,
  mock: mockRow,
  growth: growthRow,
};

const README = join(projectRoot, 'bench/README.md');
/** The part of the README that `--write` replaces. */
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
  const { rounds, seconds, only, against, out } = options;
  const builds: Build[] = [{ name: OURS, root: projectRoot }];
  if (against !== undefined) builds.push({ name: OTHER, root: against });
  const machine = thisMachine();
  bindThisProcess();
  const sections: Section[] = [];
  for (const name of options.rows) {
    const report = (what: string) => void process.stderr.write(`${name}: ${what}\n`);
    const section = await (rows[name] as Row)({ rounds, seconds, only, builds, report });
    sections.push({ ...section, comparisons: compareBuilds(section.measurements, OURS, OTHER) });
  }
  const results: Results = { date: new Date().toISOString(), machine, rounds, seconds, sections };
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(results, undefined, 2)}\n`);
  process.stdout.write(`${terminalText(results)}\n`);
  if (!options.write) return;
  const text = await readFile(README, 'utf8');
  await writeFile(
    README,
    text.replace(FIGURES, () => `\n${markdown(results)}\n\n`),
  );
}
