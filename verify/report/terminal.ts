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

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const MAX_PROBLEMS = 10;
const MAX_OPEN_QUESTIONS = 8;
const MAX_NOTES = 6;
const MAX_FILES = 3;
/** In characters. */
const MAX_LINE = 200;
const MAX_MARGIN = 12;

/**
 * Prints a report: first which levels are kept, then at most ten problems, what is not verified, and last the outcome,
 * just above the prompt. Colours only on a terminal, and not if NO_COLOR is set
 * (no-color.org). At most 120 lines of 200 characters.
 * @param stream to write to; it stays open
 * @param files of the report, which have the rest
 */
export function printReport(
  report: Report,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  files: readonly string[] = [],
): void {
  const isColourful = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  const paint: Paint = (style, text) => (isColourful ? styleText(style, text, { validateStream: false }) : text);
  const parts = [header(report, paint), ...problems(report, paint), open(report, paint), footer(report, files, paint)];
  stream.write(`${parts.filter((part) => part !== '').join('\n\n')}\n`);
}

/** One line of the report, cut to what a terminal shows. */
function line(text: string, indent = ''): string {
  const harmless = indent + harmlessLine(text);
  return harmless.length <= MAX_LINE ? harmless : `${harmless.slice(0, MAX_LINE - 1)}…`;
}

function header(report: Report, paint: Paint): string {
  const { kind, target, contract } = report;
  const what = kind === 'provider' ? 'Provider check of' : 'Consumer check before';
  const counts = levelCountsOf(report);
  const rows = LEVELS.flatMap((level) => {
    const of = counts[level];
    if (of === undefined) return [];
    const { verified, violated, 'not-verified': unverified } = of;
    return [`${level.padEnd(7)} ${verified} verified, ${violated} violated, ${unverified} not verified`];
  });
  const levels = line(levelsLineOf(report));
  return [
    paint(styleOf(report), levels),
    line(`${what} ${target} by ${contract.title} ${contract.version} (${contract.file})`),
    ...rows,
  ].join('\n');
}

function problems(report: Report, paint: Paint): string[] {
  const all = problemsOf(report);
  const shown = all.slice(0, MAX_PROBLEMS).map((one, index) => problem(report, one, index + 1, paint));
  if (all.length <= MAX_PROBLEMS) return shown;
  const left = all.length - MAX_PROBLEMS;
  return [...shown, `${plural(left, 'more thing')} to mend: --report-dir writes all of them to files.`];
}

function problem(report: Report, { party, occurrences, ...one }: Problem, number: number, paint: Paint): string {
  const [first, ...others] = occurrences;
  const whose = report.kind === 'consumer' ? ` (the ${party}'s)` : '';
  const gateway = one.isGateway ? ', decided by a front gateway' : '';
  const title = line(`✗ ${number}${whose} [${one.level}${gateway}] ${one.suffering}`);
  const more = others.length === 0 ? '' : ` and ${plural(others.length, 'more case')}`;
  const times = first.times > 1 ? ` (${first.times} times)` : '';
  const rows: (readonly [name: string, text: string | undefined])[] = [
    ['', `${first.message}${first.found === undefined ? '' : ` Found: ${first.found}`}`],
    ['rule', first.clause],
    ['case', `${first.finding.id}: ${first.finding.title}${times}${more}`],
    ['with', first.seenWith],
    ...exchangeRows(first.exchange),
  ];
  const lines = rows.flatMap(([name, text]) =>
    text === undefined ? [] : [line(text, `  ${name.padEnd(MAX_MARGIN - 3)} `)],
  );
  return [paint(['bold', 'red'], title), ...lines].join('\n');
}

function exchangeRows(exchange: Exchange | undefined): (readonly [string, string | undefined])[] {
  if (exchange === undefined) return [];
  const { sent, received, curl, milliseconds } = exchange;
  return [
    ['sent', firstLineOf(sent)],
    ['received', received === undefined ? `nothing, after ${Math.round(milliseconds)} ms` : shortOf(received)],
    [
      'repeat',
      curl.length > MAX_LINE - MAX_MARGIN ? 'a long command line: see the files of --report-dir' : curl || undefined,
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

function open(report: Report, paint: Paint): string {
  const questions = openQuestionsOf(report);
  const lines = questions.slice(0, MAX_OPEN_QUESTIONS).map(({ reason, fixture, findings }) => {
    const remedy = fixture === undefined ? '' : ` [fixture: ${fixture}]`;
    const id = findings[0]?.id ?? '';
    const more = findings.length > 1 ? ` and ${findings.length - 1} more` : '';
    return line(`? Not verified: ${reason}${remedy} (${id}${more})`);
  });
  const left = questions.length - lines.length;
  return [
    ...lines.map((one) => paint('yellow', one)),
    ...(left > 0 ? [`? ${plural(left, 'more reason')}, in the files`] : []),
  ].join('\n');
}

function footer(report: Report, files: readonly string[], paint: Paint): string {
  const { verified, violated, 'not-verified': unverified } = countsOf(report.findings);
  const seed = report.seed === undefined ? '' : `, seed ${report.seed}`;
  return [
    ...(report.notes ?? []).slice(0, MAX_NOTES).map((note) => line(`Note: ${note}`)),
    ...files.slice(0, MAX_FILES).map((file) => `Written: ${harmlessLine(file)}`),
    `${verified} verified, ${violated} violated, ${unverified} not verified; ` +
      `${plural(report.requests, 'request')} in ${report.seconds.toFixed(1)} s${seed}`,
    paint(styleOf(report), `${headlineOf(report)}.`),
  ].join('\n');
}

function styleOf(report: Report): Style {
  const { verified, violated, 'not-verified': unverified } = countsOf(report.findings);
  if (violated > 0) return ['bold', 'red'];
  return verified === 0 || unverified > 0 ? ['bold', 'yellow'] : ['bold', 'green'];
}
