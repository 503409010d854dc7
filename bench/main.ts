// The benchmark: measures the requested rows one after another and prints the figures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Build, built, OTHER, OURS, projectRoot } from './harness/builds.ts';
import { nodeProgram } from './harness/node-versions.ts';
import { bindThisProcess, endAllWithThisProcess, temporaryDirectory } from './harness/processes.ts';
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

const options = readOptions(process.argv.slice(2), Object.keys(rows));
const README = join(projectRoot, 'bench/README.md');
/** The part of the README that `--write` replaces: it names the rows in its first line. */
const FIGURES = new RegExp(
  `(?<=<!-- figures: npm run bench -- ${options.rows.join(' ')}(?: .*)? --write -->\\n)[\\s\\S]*?(?=<!-- end of figures -->)`,
);

endAllWithThisProcess();
try {
  await bench();
} catch (error) {
  process.stderr.write(`The benchmark cannot go on: ${(error as Error).message}\n`);
  process.exit(1);
}
process.exit(0);

async function bench(): Promise<void> {
  const { nodes, out, write } = options;
  if (write && !FIGURES.test(await readFile(README, 'utf8'))) {
    throw new Error(`${README} has no place for the figures of exactly these rows: ${options.rows.join(' ')}`);
  }
  const runs = nodes === undefined ? [await measureRows()] : await onEach(nodes);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(nodes === undefined ? runs[0] : runs, undefined, 2)}\n`);
  process.stdout.write(`${terminalText(runs)}\n`);
  if (!write) return;
  const text = await readFile(README, 'utf8');
  await writeFile(
    README,
    text.replace(FIGURES, () => `\n${markdown(runs)}\n\n`),
  );
}

/** Runs the benchmark again on other versions of Node: everything that it starts runs on the same. */
async function onEach(versions: readonly string[]): Promise<Results[]> {
  const runs: Results[] = [];
  for (const version of versions) {
    const file = join(temporaryDirectory(), 'results.json');
    const numbers = ['--rounds', options.rounds, '--seconds', options.seconds].map(String);
    const only = options.only === undefined ? [] : ['--only', options.only.join(',')];
    const args = [...options.rows, ...numbers, ...only, '--out', file];
    const child = spawn(nodeProgram(version), [...process.execArgv, built('bench/main.js'), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`on Node ${version} it ended with ${code}`);
    runs.push(JSON.parse(await readFile(file, 'utf8')) as Results);
  }
  return runs;
}

async function measureRows(): Promise<Results> {
  const { rounds, seconds, only, against } = options;
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
  return { date: new Date().toISOString(), machine, rounds, seconds, sections };
}
