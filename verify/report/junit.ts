// The report for a CI server: JUnit XML, in which what is not verified is skipped, never passed.
import junit, { type Builder, type TestCase } from 'junit-report-builder';
import { LEVELS, takesIn } from '../contract/level.ts';
import { cutText, harmlessLine, harmlessText } from './harmless.ts';
import { rankOf, sufferingOf } from './harms.ts';
import type { Finding, Report, Violation } from './model.ts';

/** Max characters of a message, enough to see the problem. CI servers store everything they get. */
const MAX_SHOWN = 10_000;

/** The package's type declarations say `export default`, but it exports `module.exports`. */
const root = junit as unknown as Builder;

/** JUnit XML of a report: a suite for each level, a case for each finding. */
export function junitOf(report: Report): string {
  const builder = root.newBuilder().name(harmlessLine(`${report.kind} check of ${report.target}`));
  for (const level of LEVELS.filter((one) => takesIn(report.level, one))) {
    const suite = builder.testSuite().name(level).timestamp(report.startedAt);
    for (const finding of report.findings.filter((one) => one.level === level)) describe(finding, suite.testCase());
  }
  return builder.build();
}

function describe(finding: Finding, testCase: TestCase): void {
  const { id, level, title, status, cause, verdict } = finding;
  const violations = finding.violations.toSorted((one, other) => rankOf(one.harm) - rankOf(other.harm));
  testCase
    .className(harmlessLine(`${level}.${status}.${cause}`))
    .name(harmlessLine(`${id}: ${title}`))
    .time(secondsOf(finding));
  if (finding.isGateway === true) testCase.property('x-decided-by', 'front gateway');
  if (verdict === 'violated') {
    const messages = violations.map(({ message }) => harmlessLine(message)).join(' · ');
    testCase.failure(messages, violations[0]?.harm ?? 'shape');
    testCase.stacktrace(violations.map(textOf).join('\n\n'));
  }
  if (verdict === 'not-verified') testCase.skipped().standardOutput(reasonOf(finding));
}

/** How long the exchanges took that the finding still has. */
const secondsOf = ({ violations }: Finding): number =>
  violations.reduce((sum, { exchange }) => sum + (exchange?.milliseconds ?? 0), 0) / 1_000;

const reasonOf = ({ reason = 'not verified', fixture }: Finding): string =>
  harmlessSection(fixture === undefined ? reason : `${reason}\nFixture that would arrange it: ${fixture}`);

function textOf({ rule, clause = rule, harm, message, found, seenWith, party, times, exchange }: Violation): string {
  const lines = [sufferingOf(harm), message, `Rule: ${clause}`];
  if (found !== undefined) lines.push(`Found: ${found}`);
  if (seenWith !== undefined) lines.push(`Seen with: ${seenWith}`);
  if (party !== undefined) lines.push(`At fault: the ${party}`);
  if (times !== undefined) lines.push(`Seen: ${times} times`);
  if (exchange !== undefined) {
    const { sent, received = 'nothing', curl } = exchange;
    lines.push('', 'Sent:', shown(sent), '', 'Received:', shown(received), '', 'Repeat:', curl);
  }
  return harmlessSection(lines.join('\n'));
}

/** Text for a CDATA section. The package escapes only the first `]]>` of a section: a second one would end it. */
const harmlessSection = (text: string): string => harmlessText(text).replaceAll(']]>', ']]\\>');

const shown = (text: string): string => cutText(text.trimEnd(), MAX_SHOWN);
