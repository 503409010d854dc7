// The report for the terminal: short enough to read. The files have the rest.
import { styleText } from 'node:util';
import { LEVELS } from '../contract/level.ts';
import { harmlessLine } from './harmless.ts';
import type { Exchange, Report } from './model.ts';
import {
  countsOf,
  headlineOf,
  levelCountsOf,
  levelsLineOf,
  openQuestionsOf,
  type Problem,
  plural,
  problemsOf,
} from './summary.ts';
import { wrap } from './wrap.ts';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** How to write on this stream. */
interface Pen {
  readonly paint: Paint;
  /** Of the terminal, in columns; undefined if it is none: then a sentence is a line. */
  readonly width: number | undefined;
}

const MAX_PROBLEMS = 10;
const MAX_LINES = 120;
const MAX_OPEN_QUESTIONS = 8;
const MAX_NOTES = 6;
const MAX_FILES = 3;
/** In characters. */
const MAX_LINE = 200;
/** In columns, before the text of a problem. */
const MARGIN = 12;

/**
 * Prints a report: first which levels are kept, then at most ten problems, what is not verified, and last the outcome,
 * just above the prompt. Colours only on a terminal, and not if NO_COLOR is set
 * (no-color.org). At most 120 lines of 200 characters; on a terminal sentences are wrapped at its width, and what is
 * there to be copied is not.
 * @param stream to write to; it stays open
 * @param files of the report, which have the rest
 */
export function printReport(
  report: Report,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number },
  files: readonly string[] = [],
): void {
  const isColourful = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  const paint: Paint = (style, text) => (isColourful ? styleText(style, text, { validateStream: false }) : text);
  const pen = { paint, width: stream.isTTY === true ? stream.columns : undefined };
  stream.write(textOf(report, files, pen));
}

/** With as many problems as fit. */
function textOf(report: Report, files: readonly string[], pen: Pen): string {
  const [before, after] = [header(report, pen), [open(report, pen), footer(report, files, pen)]];
  for (let count = MAX_PROBLEMS; ; count--) {
    const parts = [before, ...problems(report, count, pen), ...after];
    const text = `${parts.filter((part) => part !== '').join('\n\n')}\n`;
    if (count === 1 || text.split('\n').length <= MAX_LINES + 1) return text;
  }
}

/** One line, cut to what is worth reading. */
function line(text: string, indent = ''): string {
  const harmless = indent + harmlessLine(text);
  return harmless.length <= MAX_LINE ? harmless : `${harmless.slice(0, MAX_LINE - 1)}…`;
}

/** The same, wrapped. */
const prose = (text: string, { width }: Pen, indent = '', margin = 2): string =>
  wrap(line(text, indent), margin, width);

function header(report: Report, pen: Pen): string {
  const { kind, target, contract } = report;
  const what = kind === 'provider' ? 'Provider check of' : 'Consumer check before';
  const counts = levelCountsOf(report);
  const rows = LEVELS.flatMap((level) => {
    const of = counts[level];
    if (of === undefined) return [];
    const { verified, violated, 'not-verified': unverified } = of;
    return [`${level.padEnd(7)} ${verified} verified, ${violated} violated, ${unverified} not verified`];
  });
  return [
    pen.paint(styleOf(report), prose(levelsLineOf(report), pen, '', 0)),
    prose(`${what} ${target} by ${contract.title} ${contract.version} (${contract.file})`, pen),
    ...rows,
  ].join('\n');
}

function problems(report: Report, count: number, pen: Pen): string[] {
  const all = problemsOf(report);
  const shown = all.slice(0, count).map((one, index) => problem(report, one, index + 1, pen));
  if (all.length <= count) return shown;
  const left = all.length - count;
  return [...shown, `${plural(left, 'more thing')} to mend: --report-dir writes all of them to files.`];
}

function problem(report: Report, { party, occurrences, ...one }: Problem, number: number, pen: Pen): string {
  const [first, ...others] = occurrences;
  const whose = report.kind === 'consumer' ? ` (the ${party}'s)` : '';
  const gateway = one.isGateway ? ', decided by a front gateway' : '';
  const title = prose(`✗ ${number}${whose} [${one.level}${gateway}] ${one.suffering}`, pen);
  const more = others.length === 0 ? '' : ` and ${plural(others.length, 'more case')}`;
  const times = first.times > 1 ? ` (${first.times} times)` : '';
  const rows: Row[] = [
    ['', `${first.message}${first.found === undefined ? '' : ` Found: ${first.found}`}`],
    ['rule', first.clause],
    ['case', `${first.finding.id}: ${first.finding.title}${times}${more}`],
    ['with', first.seenWith],
    ...exchangeRows(first.exchange),
  ];
  const lines = rows.flatMap(([name, text]) =>
    text === undefined
      ? []
      : [
          COPIED.has(name)
            ? line(text, `  ${name.padEnd(MARGIN - 3)} `)
            : prose(text, pen, `  ${name.padEnd(MARGIN - 3)} `, MARGIN),
        ],
  );
  return [pen.paint(['bold', 'red'], title), ...lines].join('\n');
}

type Row = readonly [name: string, text: string | undefined];

/** To be copied as it is. */
const COPIED = new Set(['sent', 'repeat']);

function exchangeRows(exchange: Exchange | undefined): Row[] {
  if (exchange === undefined) return [];
  const { sent, received, curl, milliseconds } = exchange;
  return [
    ['sent', firstLineOf(sent)],
    ['received', received === undefined ? `nothing, after ${Math.round(milliseconds)} ms` : shortOf(received)],
    [
      'repeat',
      curl.length > MAX_LINE - MARGIN ? 'a long command line: see the files of --report-dir' : curl || undefined,
    ],
  ];
}

const firstLineOf = (text: string): string => text.split(/\r?\n/, 1)[0] ?? '';

/** The status line and the content. */
function shortOf(received: string): string {
  const [, content = ''] = received.split(/\r?\n\r?\n/, 2);
  const body = content.replace(/\s+/g, ' ').trim();
  return body === '' ? firstLineOf(received) : `${firstLineOf(received)} · ${body}`;
}

function open(report: Report, pen: Pen): string {
  const questions = openQuestionsOf(report);
  const lines = questions.slice(0, MAX_OPEN_QUESTIONS).map(({ reason, fixtures, findings }) => {
    const remedy = fixtures.length === 0 ? '' : ` [fixture: ${fixtures.join(', ')}]`;
    const id = findings[0]?.id ?? '';
    const more = findings.length > 1 ? ` and ${findings.length - 1} more` : '';
    return prose(`? Not verified: ${reason}${remedy} (${id}${more})`, pen);
  });
  const left = questions.length - lines.length;
  return [
    ...lines.map((one) => pen.paint('yellow', one)),
    ...(left > 0 ? [`? ${plural(left, 'more reason')}, in the files`] : []),
  ].join('\n');
}

function footer(report: Report, files: readonly string[], pen: Pen): string {
  const { verified, violated, 'not-verified': unverified } = countsOf(report.findings);
  const seed = report.seed === undefined ? '' : `, seed ${report.seed}`;
  return [
    ...(report.notes ?? []).slice(0, MAX_NOTES).map((note) => prose(`Note: ${note}`, pen)),
    ...files.slice(0, MAX_FILES).map((file) => `Written: ${harmlessLine(file)}`),
    `${verified} verified, ${violated} violated, ${unverified} not verified; ` +
      `${plural(report.requests, 'request')} in ${report.seconds.toFixed(1)} s${seed}`,
    pen.paint(styleOf(report), `${headlineOf(report)}.`),
  ].join('\n');
}

function styleOf(report: Report): Style {
  const { verified, violated, 'not-verified': unverified } = countsOf(report.findings);
  if (violated > 0) return ['bold', 'red'];
  return verified === 0 || unverified > 0 ? ['bold', 'yellow'] : ['bold', 'green'];
}
