// The report for the person at the terminal.
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { cutText, harmlessLine, harmlessText } from './harmless.ts';
import type { Exchange, Finding, Report } from './model.ts';
import { countsOf, headlineOf, type Occurrence, openQuestionsOf, plural, problemsOf, rowsOf } from './summary.ts';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** What a terminal shows of one message; the files of the report show more. */
const MAX_SHOWN = 2_000;

/**
 * Prints a report: the table of status and cause, what to mend, what is not verified, and the outcome last, where the
 * eye is when the prompt comes back. Colours only on a terminal, and not where NO_COLOR is set (no-color.org).
 * @param stream is written to and stays open
 */
export function printReport(report: Report, stream: NodeJS.WritableStream & { readonly isTTY?: boolean }): void {
  const isColourful = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  const paint: Paint = (style, text) => (isColourful ? styleText(style, text, { validateStream: false }) : text);
  const parts = [header(report), tableOf(report, paint), ...problems(report, paint), ...openQuestions(report, paint)];
  stream.write(`${[...parts, footer(report, paint)].join('\n\n')}\n`);
}

function header({ kind, target, contract }: Report): string {
  const what = kind === 'provider' ? 'Provider check of' : 'Consumer check before';
  return harmlessLine(`${what} ${target} by ${contract.title} ${contract.version} (${contract.file})`);
}

function tableOf(report: Report, paint: Paint): string {
  const table = new Table({
    head: ['status', 'cause', 'verified', 'violated', 'not verified'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const cell = (style: Style, number: number) => (number === 0 ? paint('dim', '–') : paint(style, String(number)));
  for (const { status, cause, counts } of rowsOf(report)) {
    table.push([
      harmlessLine(status),
      harmlessLine(cause),
      cell('green', counts.verified),
      cell(['bold', 'red'], counts.violated),
      cell('yellow', counts['not-verified']),
    ]);
  }
  return table.toString();
}

function problems(report: Report, paint: Paint): string[] {
  return problemsOf(report).map(({ party, rule, message, occurrences }, index) => {
    const [first, ...others] = occurrences as [Occurrence, ...Occurrence[]];
    const whose = report.kind === 'consumer' ? ` (the ${party}'s)` : '';
    return [
      `${paint(['bold', 'red'], `✗ ${index + 1}${whose}`)} ${paint('bold', harmlessLine(message))}`,
      `  rule      ${harmlessLine(rule)}`,
      ...caseLines(first),
      ...others.flatMap(caseLine),
    ].join('\n');
  });
}

function caseLines({ finding, times, exchange, ...seen }: Occurrence): string[] {
  return [
    `  case      ${nameOf(finding, times)}`,
    ...(seen.found === undefined ? [] : [`  found     ${harmlessLine(seen.found)}`]),
    ...(seen.seenWith === undefined ? [] : [`  with      ${harmlessLine(seen.seenWith)}`]),
    ...(exchange === undefined ? [] : exchangeLines(exchange)),
  ];
}

function exchangeLines({ sent, received, curl, milliseconds }: Exchange): string[] {
  return [
    '  sent',
    indented(sent),
    `  received  after ${Math.round(milliseconds)} ms${received === undefined ? ': nothing' : ''}`,
    ...(received === undefined ? [] : [indented(received)]),
    `  repeat    ${harmlessLine(curl)}`,
  ];
}

/** Further cases of the same problem: what they are, and how to see for oneself. */
function caseLine({ finding, times, found, seenWith, exchange }: Occurrence): string[] {
  const details = [found, seenWith && `with ${seenWith}`, exchange?.curl].filter((text) => text !== undefined);
  return [`  also      ${nameOf(finding, times)}`, ...details.map((text) => `            ${harmlessLine(text)}`)];
}

const nameOf = ({ id, title }: Finding, times: number): string =>
  harmlessLine(`${id}: ${title}${times > 1 ? ` (${times} times)` : ''}`);

const indented = (text: string): string =>
  harmlessText(cutText(text, MAX_SHOWN))
    .trimEnd()
    .split('\n')
    .map((line) => `    | ${line}`)
    .join('\n');

function openQuestions(report: Report, paint: Paint): string[] {
  return openQuestionsOf(report).map(({ reason, fixture, findings }) => {
    const remedy = fixture === undefined ? '' : ` [fixture: ${harmlessLine(fixture)}]`;
    const lines = findings.map(({ status, cause, id, title }) =>
      harmlessLine(`  ${status} ${cause}: ${title} (${id})`),
    );
    return [`${paint(['bold', 'yellow'], '? Not verified:')} ${harmlessLine(reason)}${remedy}`, ...lines].join('\n');
  });
}

function footer(report: Report, paint: Paint): string {
  const { verified, violated, 'not-verified': open } = countsOf(report.findings);
  const seed = report.seed === undefined ? '' : `, seed ${report.seed}`;
  const style: Style =
    violated > 0 ? ['bold', 'red'] : verified === 0 || open > 0 ? ['bold', 'yellow'] : ['bold', 'green'];
  return [
    ...(report.notes ?? []).map((note) => `Note: ${harmlessLine(note)}`),
    paint(style, `${headlineOf(report)}.`),
    `${verified} verified, ${violated} violated, ${open} not verified; ` +
      `${plural(report.requests, 'request')} in ${report.seconds.toFixed(1)} s${seed}`,
  ].join('\n');
}
