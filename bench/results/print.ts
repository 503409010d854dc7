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

/** The version of the headlines, if it was measured. */
const HEADLINE_NODE = 'v24.';

/**
 * For bench/README.md: a line for each row, then the targets on each version, then the figures.
 * @param runs one for each version of Node
 */
export function markdown(runs: readonly Results[]): string {
  const main = runs.find(({ machine }) => machine.node.startsWith(HEADLINE_NODE)) ?? runs[0];
  if (main === undefined) return '';
  const { date, machine, rounds, seconds, sections } = main;
  return [
    `${date.slice(0, 10)}; ${describe(machine)}. Medians of ${rounds} interleaved rounds of ${seconds} s. On Node ${machine.node}:`,
    headlines(sections),
    'The targets, on each version:',
    piped([['', 'target', ...versionsOf(runs)], ...sections.flatMap(({ name }) => targetRows(name, runs))]),
    ...sections.map((section) => sectionMarkdown(section, runs)),
  ].join('\n\n');
}

const versionsOf = (runs: readonly Results[]) => runs.map(({ machine }) => machine.node);

/** The same row in each run. @returns undefined for a run without it */
const sectionIn = (name: string, runs: readonly Results[]) =>
  runs.map(({ sections }) => sections.find((section) => section.name === name));

function headlines(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ headline }) => {
    if (headline === undefined) return [];
    const { what, asked, ours, bestPeer, floor } = headline;
    return [[what, asked, ours, bestPeer, floor]];
  });
  return piped([['', 'asked', 'ours', 'best peer', 'floor'], ...rows]);
}

/** Without a target a ratio is only for the terminal: nobody acts on it. */
function targetRows(name: string, runs: readonly Results[]): string[][] {
  const found = sectionIn(name, runs);
  const ratios = found.find((section) => section !== undefined)?.ratios ?? [];
  return ratios
    .filter((ratio) => targetOf(ratio) !== '')
    .map((ratio) => [
      `${name}: ${ratio.what}`,
      targetOf(ratio),
      ...found.map((section) => measured(section?.ratios.find(({ what }) => what === ratio.what))),
    ]);
}

/** One table for a row: a version has a column, and its cells all figures. */
function sectionMarkdown({ name, title, how, measurements }: Section, runs: readonly Results[]): string {
  const found = sectionIn(name, runs);
  const figures = [...new Set(measurements.flatMap((one) => Object.keys(one.figures)))];
  const rows = measurements.map(({ contender, work }) => [
    contender,
    work,
    ...found.map((section) => {
      const own = section?.measurements.find((one) => one.contender === contender && one.work === work)?.figures ?? {};
      return figures.map((figure) => rounded(own[figure]?.median)).join(' · ');
    }),
  ]);
  return [
    `### ${title}`,
    how,
    `Figures: ${figures.join(' · ')}.`,
    piped([['', 'work', ...versionsOf(runs)], ...rows]),
    ...new Set(found.flatMap((section) => (section === undefined ? [] : missingOf(section)))),
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

/** A table of Markdown. */
export function piped([head = [], ...rows]: Cells): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
