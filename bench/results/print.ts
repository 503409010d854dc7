// Results as text: for the terminal and for bench/README.md.
import Table from 'cli-table3';
import { verdictOf } from './compare.ts';
import { describe } from './machine.ts';
import { type Comparison, isMet, type Measurement, type Ratio, type Results, type Section } from './results.ts';

/** For the terminal. @param runs one for each version of Node */
export function terminalText(runs: readonly Results[]): string {
  return runs.map(runText).join('\n\n');
}

function runText({ machine, sections }: Results): string {
  return [
    `Node ${machine.node}`,
    ...sections.map((section) => [section.title, ...tablesOf(section).map(boxed), ...missingOf(section)].join('\n')),
  ].join('\n\n');
}

/** For bench/README.md: the headlines first, then the details. @param runs one for each version of Node */
export function markdown(runs: readonly Results[]): string {
  const [first] = runs;
  if (first === undefined) return '';
  const { date, machine, rounds, seconds, sections } = first;
  const run = `${date.slice(0, 10)}; ${describe(machine)}. Medians of ${rounds} interleaved rounds of ${seconds} s.`;
  return [run, headlines(runs), ...sections.map((section) => sectionMarkdown(section, runs))].join('\n\n');
}

/** One line for each row and version. */
function headlines(runs: readonly Results[]): string {
  const rows = (runs[0]?.sections ?? []).flatMap(({ name }) =>
    runs.flatMap(({ machine, sections }) => {
      const headline = sections.find((section) => section.name === name)?.headline;
      if (headline === undefined) return [];
      const { what, asked, ours, bestPeer, floor } = headline;
      return [[what, machine.node, asked, ours, bestPeer, floor]];
    }),
  );
  return piped([['', 'Node', 'asked', 'ours', 'best peer', 'floor'], ...rows]);
}

function sectionMarkdown({ name, title, how }: Section, runs: readonly Results[]): string {
  const found = runs.flatMap(({ machine, sections }) => {
    const section = sections.find((one) => one.name === name);
    return section === undefined ? [] : [{ node: machine.node, section }];
  });
  const ratios = (found[0]?.section.ratios ?? []).map((ratio) => [
    ratio.what,
    targetOf(ratio),
    ...found.map(({ section }) => measured(section.ratios.find(({ what }) => what === ratio.what))),
  ]);
  return [
    `### ${title}`,
    how,
    ...(ratios.length === 0 ? [] : [piped([['', 'target', ...found.map(({ node }) => node)], ...ratios])]),
    ...found.flatMap(({ node, section }) => [
      `Node ${node}:`,
      ...tablesOf({ ...section, ratios: [] }).map(piped),
      ...missingOf(section),
    ]),
  ].join('\n\n');
}

/** Rounds a figure to three digits: the rest is noise. From 100 up: to a whole number. */
export function rounded(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value !== 0 && Math.abs(value) < 100) return String(Number(value.toPrecision(3)));
  return Math.round(value).toLocaleString('en');
}

type Cells = readonly (readonly string[])[];

/** Ratios come first: absolute figures depend on the machine. */
function tablesOf({ ratios, measurements, overview, comparisons = [] }: Section): Cells[] {
  const figures = [...new Set(measurements.flatMap((one) => Object.keys(one.figures)))];
  return [
    [['ratio', 'measured', 'target', ''], ...ratios.map(ratioCells)],
    [['', 'work', 'figure', 'ours', 'other', 'ours ÷ other', 'rounds', ''], ...comparisons.map(comparisonCells)],
    overview ?? [['', 'work', ...figures], ...measurements.map((one) => measurementCells(one, figures))],
  ].filter((cells) => cells.length > 1);
}

function ratioCells(ratio: Ratio): string[] {
  const target = targetOf(ratio);
  return [
    ratio.what,
    `${rounded(ratio.value)} ${ratio.unit}`,
    target,
    target === '' ? '' : isMet(ratio) ? 'met' : 'missed',
  ];
}

function targetOf({ atLeast, atMost }: Ratio): string {
  return atLeast !== undefined ? `≥ ${atLeast}` : atMost !== undefined ? `≤ ${atMost}` : '';
}

/** The figure, and whether it misses its target. */
function measured(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '–';
  return `${rounded(ratio.value)} ${ratio.unit}${isMet(ratio) ? '' : ', missed'}`;
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
