// Results as text: for the terminal and for bench/README.md.
import Table from 'cli-table3';
import { verdictOf } from './compare.ts';
import { describe } from './machine.ts';
import { type Comparison, isMet, type Measurement, type Ratio, type Results, type Section } from './results.ts';

/** For the terminal. */
export function terminalText({ sections }: Results): string {
  return sections
    .map((section) => [section.title, ...tablesOf(section).map(boxed), ...missingOf(section)].join('\n'))
    .join('\n\n');
}

/** For bench/README.md: one line a row first, then the details. */
export function markdown({ date, machine, rounds, seconds, sections }: Results): string {
  const run = `${date.slice(0, 10)}; ${describe(machine)}. Medians of ${rounds} interleaved rounds of ${seconds} s.`;
  const headlines = sections.flatMap(({ headline }) => (headline === undefined ? [] : [headline]));
  const lines = headlines.map(({ what, asked, ours, bestPeer, floor }) => [what, asked, ours, bestPeer, floor]);
  const summary = piped([['', 'asked', 'ours', 'best peer', 'floor'], ...lines]);
  return [run, ...(lines.length === 0 ? [] : [summary]), ...sections.map(sectionMarkdown)].join('\n\n');
}

function sectionMarkdown(section: Section): string {
  return [`### ${section.title}`, section.how, ...tablesOf(section).map(piped), ...missingOf(section)].join('\n\n');
}

/** Rounds a figure to three digits: the rest is noise. From 100 up: to a whole number. */
export function rounded(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value !== 0 && Math.abs(value) < 100) return String(Number(value.toPrecision(3)));
  return Math.round(value).toLocaleString('en');
}

type Cells = readonly (readonly string[])[];

/** Ratios come first: absolute figures depend on the machine. */
function tablesOf({ ratios, measurements, comparisons = [] }: Section): Cells[] {
  const figures = [...new Set(measurements.flatMap((one) => Object.keys(one.figures)))];
  return [
    [['ratio', 'measured', 'target', ''], ...ratios.map(ratioCells)],
    [['', 'work', 'figure', 'ours', 'other', 'ours ÷ other', 'rounds', ''], ...comparisons.map(comparisonCells)],
    [['', 'work', ...figures], ...measurements.map((one) => measurementCells(one, figures))],
  ].filter((cells) => cells.length > 1);
}

function ratioCells(ratio: Ratio): string[] {
  const { what, value, unit, atLeast, atMost } = ratio;
  const target = atLeast !== undefined ? `≥ ${atLeast}` : atMost !== undefined ? `≤ ${atMost}` : '';
  return [what, `${rounded(value)} ${unit}`, target, target === '' ? '' : isMet(ratio) ? 'met' : 'missed'];
}

function comparisonCells(comparison: Comparison): string[] {
  const { contender, work, figure, ours, other, ratio } = comparison;
  const [median, lowest, highest] = [ratio.median, ratio.lowest, ratio.highest].map((value) => value.toFixed(3));
  return [
    ...[contender, work, figure, rounded(ours), rounded(other)],
    ...[`${median} ×`, `${lowest} to ${highest}`, verdictOf(comparison)],
  ];
}

function measurementCells({ contender, work, figures }: Measurement, names: readonly string[]): string[] {
  return [contender, work, ...names.map((name) => (figures[name] === undefined ? '' : rounded(figures[name].median)))];
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
