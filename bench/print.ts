// Results for people: at the terminal and in a document.
import Table from 'cli-table3';
import { describe } from './machine.ts';
import { isMet, type Measurement, type Ratio, type Results, type Section } from './results.ts';

/** For the terminal. */
export function terminalText({ sections }: Results): string {
  return sections
    .map((section) => [section.title, ...tablesOf(section).map(boxed), ...missingOf(section)].join('\n'))
    .join('\n\n');
}

/** For bench/README.md. */
export function markdown({ date, machine, rounds, seconds, sections }: Results): string {
  const head = `${date.slice(0, 10)}; ${describe(machine)}. Medians of ${rounds} interleaved rounds of ${seconds} s.`;
  return [head, ...sections.map(sectionMarkdown)].join('\n\n');
}

function sectionMarkdown(section: Section): string {
  return [`### ${section.title}`, section.how, ...tablesOf(section).map(piped), ...missingOf(section)].join('\n\n');
}

type Cells = readonly (readonly string[])[];

/** The ratios first: absolute figures are the machine's. */
function tablesOf({ ratios, measurements }: Section): Cells[] {
  return [
    [['ratio', 'measured', 'target', ''], ...ratios.map(ratioCells)],
    [
      ['', 'work', ...figuresIn(measurements)],
      ...measurements.map((one) => measurementCells(one, figuresIn(measurements))),
    ],
  ].filter((cells) => cells.length > 1);
}

function ratioCells(ratio: Ratio): string[] {
  const { what, value, unit, atLeast, atMost } = ratio;
  const target = atLeast !== undefined ? `≥ ${atLeast}` : atMost !== undefined ? `≤ ${atMost}` : '';
  return [what, `${rounded(value)} ${unit}`, target, target === '' ? '' : isMet(ratio) ? 'met' : 'missed'];
}

function figuresIn(measurements: readonly Measurement[]): string[] {
  return [...new Set(measurements.flatMap(({ figures }) => Object.keys(figures)))];
}

function measurementCells({ contender, work, figures }: Measurement, names: readonly string[]): string[] {
  return [contender, work, ...names.map((name) => (figures[name] === undefined ? '' : rounded(figures[name].median)))];
}

/** Three figures count, the rest is chance. */
function rounded(value: number): string {
  if (value !== 0 && Math.abs(value) < 100) return String(Number(value.toPrecision(3)));
  return Math.round(value).toLocaleString('en');
}

function missingOf({ missing }: Section): string[] {
  return missing.length === 0 ? [] : [`Left out: ${missing.join('; ')}.`];
}

function boxed([head = [], ...rows]: Cells): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

function piped([head = [], ...rows]: Cells): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
