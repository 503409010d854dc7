// The table of the README: read, written from a run, compared with it.
import { readFile, writeFile } from 'node:fs/promises';
import type { Reporter, TestModule, TestSpecification, Vitest } from 'vitest/node';
import { GOFAKES3, projectName, REGISTRIES } from '../registries.ts';
import type { Program } from './program.ts';

const README = new URL('../README.md', import.meta.url);
const [BEGIN, END] = ['<!-- table: begin -->\n', '<!-- table: end -->\n'];
const HEAD = '| kind | program | version | date | result | seen |\n|---|---|---|---|---|---|\n';
const ORDER: readonly string[] = [
  'registry',
  'storage of a registry',
  'image tool',
  'SDK',
  'generated client',
  'validator',
  'deployment',
] satisfies Program['kind'][];

/** One program's tests in a run. */
interface Row {
  readonly program: Program;
  passed: number;
  failed: number;
  readonly seen: string[];
}

/**
 * Writes the rows of the programs that were tested if the run was asked to `--update`. Otherwise a full run fails if the
 * table lacks one of its programs, or has one in another version.
 */
export function programTable(): Reporter {
  let vitest: Vitest;
  let specifications: readonly TestSpecification[] = [];
  return {
    onInit(run) {
      vitest = run;
    },
    onTestRunStart(those) {
      specifications = those;
    },
    async onTestRunEnd(modules) {
      const rows = rowsOf(modules);
      const all = await vitest.globTestSpecifications();
      const isFull = vitest.config.project.length === 0 && specifications.length === all.length && !isFiltered(modules);
      const text = await readFile(README, 'utf8');
      const written = tableOf(text);
      if (vitest.config.snapshotOptions.updateSnapshot === 'all') {
        const kept = isFull ? [] : written.filter((line) => !rows.some((row) => line.startsWith(keyOf(row.program))));
        const lines = [...kept, ...rows.map(lineOf)].sort(byKind);
        await writeFile(README, between(text, HEAD + lines.map((line) => `${line}\n`).join('')));
      } else if (isFull) {
        const keys = rows.map(({ program }) => keyOf(program));
        const isRight =
          written.length === keys.length && keys.every((key) => written.some((line) => line.startsWith(key)));
        if (!isRight) fail('The table of test/interop/README.md lacks a program of this run, or has one too many.');
      }
    },
  };
}

function fail(why: string): void {
  process.stderr.write(`${why} Write it anew: npm run test:interop -- --update\n`);
  process.exitCode = 1;
}

const isFiltered = (modules: readonly TestModule[]) =>
  modules.some(({ children }) => [...children.allTests()].some((test) => test.result().state === 'skipped'));

function rowsOf(modules: readonly TestModule[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { project, children } of modules) {
    for (const test of children.allTests()) {
      const meta = test.meta();
      const program = meta.program ?? [...REGISTRIES, GOFAKES3].find((one) => projectName(one) === project.name);
      const { state } = test.result();
      if (program === undefined || state === 'skipped') continue;
      const row = rows.get(keyOf(program)) ?? { program, passed: 0, failed: 0, seen: [] };
      rows.set(keyOf(program), row);
      row[state === 'passed' ? 'passed' : 'failed'] += 1;
      const seen = meta.seen ?? seenOf(program);
      if (state === 'passed' && seen !== undefined && !row.seen.includes(seen)) row.seen.push(seen);
    }
  }
  return [...rows.values()];
}

/** What the suites of a registry expect of it. */
function seenOf(program: Program): string | undefined {
  const deletes = REGISTRIES.find((one) => projectName(one) === projectName(program))?.deletes;
  if (deletes === 'by-tag') return 'deletes by tag';
  return deletes && 'deletes by tag, with deletion switched off too';
}

const keyOf = ({ kind, name, version }: Program) => `| ${kind} | ${name} | ${version.replace(/^v/, '')} |`;

function lineOf({ program, passed, failed, seen }: Row): string {
  const date = new Date().toISOString().slice(0, 10);
  const result =
    failed === 0
      ? passed === 1
        ? '1 test passes'
        : `${passed} tests pass`
      : `${failed} of ${passed + failed} tests fail`;
  return `${keyOf(program)} ${date} | ${result} | ${seen.join('; ').replaceAll('|', '\\|')} |`;
}

const kindOf = (line: string) => ORDER.indexOf(line.split(' | ')[0]?.slice(2) ?? '');
const byKind = (one: string, other: string) => kindOf(one) - kindOf(other) || one.localeCompare(other);

/** The rows of the table as they stand. */
function tableOf(text: string): string[] {
  const [, table = ''] = text.split(BEGIN);
  return (table.split(END)[0] ?? '').split('\n').filter((line) => line !== '' && !HEAD.includes(line));
}

function between(text: string, table: string): string {
  const [before = '', rest = ''] = text.split(BEGIN);
  return before + BEGIN + table + END + (rest.split(END)[1] ?? '');
}
