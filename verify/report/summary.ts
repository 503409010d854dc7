// The summary of a report: how many cases ended how, and which rules are broken.
import { LEVELS, type Level, takesIn } from '../contract/level.ts';
import { type Harm, rankOf, sufferingOf } from './harms.ts';
import type { Exchange, Finding, Report, Verdict, Violation } from './model.ts';

/** How many cases ended how. There is no total: unverified cases must not be added to verified ones. */
export type Counts = Readonly<Record<Verdict, number>>;

/** The cases of one cause. */
export interface Row {
  readonly status: string;
  readonly cause: string;
  readonly counts: Counts;
}

/** A case in which a rule was broken. */
export interface Occurrence {
  readonly finding: Finding;
  readonly times: number;
  readonly found: string | undefined;
  readonly seenWith: string | undefined;
  readonly exchange: Exchange | undefined;
}

/** One problem to fix: every case that broke the same rule in the same way. */
export interface Problem {
  readonly party: 'provider' | 'consumer';
  readonly level: Level;
  /** What callers suffer, in a sentence. */
  readonly suffering: string;
  readonly harm: Harm | undefined;
  /** The rule in words. */
  readonly clause: string;
  readonly message: string;
  /** A front gateway decides all of it, before the provider's own program. */
  readonly isGateway: boolean;
  /** At least one. */
  readonly occurrences: readonly Occurrence[];
}

export const countsOf = (findings: readonly Finding[]): Counts => ({
  verified: count(findings, 'verified'),
  violated: count(findings, 'violated'),
  'not-verified': count(findings, 'not-verified'),
});

const count = (findings: readonly Finding[], verdict: Verdict): number =>
  findings.filter((finding) => finding.verdict === verdict).length;

/** Status × cause, by status; causes in the order of the findings. */
export function rowsOf(report: Report): Row[] {
  const groups = groupBy(report.findings, ({ status, cause }) => `${status} ${cause}`);
  return groups
    .map((findings) => ({ ...findings[0], counts: countsOf(findings) }))
    .map(({ status, cause, counts }) => ({ status, cause, counts }))
    .sort((one, other) => one.status.localeCompare(other.status, 'en', { numeric: true }));
}

/** Each level's own findings. */
export const levelCountsOf = ({ level, findings }: Report): Partial<Record<Level, Counts>> =>
  Object.fromEntries(
    LEVELS.filter((one) => takesIn(level, one)).map((one) => [
      one,
      countsOf(findings.filter((finding) => finding.level === one)),
    ]),
  );

/** The problems, ordered by harm, then by level (lower first), then by number of cases. */
export function problemsOf(report: Report): Problem[] {
  const broken = report.findings.flatMap((finding) => finding.violations.map((violation) => ({ finding, violation })));
  const groups = groupBy(broken, ({ finding, violation }) => `${finding.level} ${identityOf(violation)}`);
  return groups
    .map(problemOf)
    .sort(
      (one, other) =>
        rankOf(one.harm) - rankOf(other.harm) ||
        LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level) ||
        other.occurrences.length - one.occurrences.length,
    );
}

interface Broken {
  readonly finding: Finding;
  readonly violation: Violation;
}

const partyOf = ({ party }: Violation): 'provider' | 'consumer' => party ?? 'provider';

const identityOf = (violation: Violation): string =>
  JSON.stringify([
    partyOf(violation),
    violation.harm,
    ...(violation.alike === undefined ? [violation.rule, violation.message] : [violation.alike]),
  ]);

function problemOf(group: readonly [Broken, ...Broken[]]): Problem {
  const [{ finding, violation: first }] = group;
  return {
    party: partyOf(first),
    level: finding.level,
    suffering: sufferingOf(first.harm),
    harm: first.harm,
    clause: first.clause ?? first.rule,
    message: first.message,
    isGateway: group.every((one) => one.finding.isGateway === true),
    occurrences: groupBy(group, ({ finding }) => finding.id).map(occurrenceOf),
  };
}

/** Lists a case once, with its first answer, even if several of its answers show the same. */
function occurrenceOf(group: readonly [Broken, ...Broken[]]): Occurrence {
  const [{ finding, violation }] = group;
  const times = group.reduce((sum, one) => sum + (one.violation.times ?? 1), 0);
  return { finding, times, found: violation.found, seenWith: violation.seenWith, exchange: violation.exchange };
}

/** Cases that are not verified for one reason. */
export interface OpenQuestion {
  readonly reason: string;
  /** The fixture key that would arrange the state. */
  readonly fixture: string | undefined;
  /** At least one. */
  readonly findings: readonly Finding[];
}

/** What is not verified, grouped by reason and remedy. */
export function openQuestionsOf(report: Report): OpenQuestion[] {
  const open = report.findings.filter(({ verdict }) => verdict === 'not-verified');
  return groupBy(open, ({ reason, fixture }) => JSON.stringify([reason, fixture])).map((findings) => {
    const [{ reason = 'no reason is known', fixture }] = findings;
    return { reason, fixture, findings };
  });
}

/** One line that says which levels are kept. */
export function levelsLineOf(report: Report): string {
  const counts = levelCountsOf(report);
  const problems = problemsOf(report);
  const sentences: string[] = [];
  let isKept = true;
  for (const level of LEVELS) {
    const of = counts[level];
    if (of === undefined) continue;
    const broken = problems.filter((one) => one.level === level).length;
    const open = of['not-verified'] > 0 ? ` (${plural(of['not-verified'], 'case')} not verified)` : '';
    if (broken > 0) sentences.push(brokenLevel(level, broken));
    else if (of.verified === 0) sentences.push(`Nothing of ${level} is verified.`);
    else if (isKept) sentences.push(`Keeps ${level}${open}.`);
    isKept &&= broken === 0 && of.verified > 0;
  }
  return sentences.join(' ');
}

const brokenLevel = (level: Level, ways: number): string =>
  level === 'full'
    ? `${plural(ways, 'difference')} from this contract's extensions.`
    : `Breaks ${level} in ${plural(ways, 'way')}.`;

/** The outcome in one sentence. */
export function headlineOf(report: Report): string {
  const { verified, violated, 'not-verified': unverified } = countsOf(report.findings);
  const problems = problemsOf(report).length;
  if (violated > 0) return `${plural(problems, 'thing')} to mend, found in ${plural(violated, 'case')}`;
  if (verified === 0) return 'Nothing was verified';
  if (report.kind === 'consumer' && !hadSuccess(report)) return 'Not verified: the consumer never had a success';
  if (unverified > 0) return `Nothing violated, but ${plural(unverified, 'case')} not verified`;
  return `${verified === 1 ? 'The one case is' : `All ${verified} cases are`} verified`;
}

/** Whether a delete was ever answered as done. */
export const hadSuccess = ({ findings }: Report): boolean =>
  findings.some(({ status, verdict }) => status.startsWith('2') && verdict !== 'not-verified');

export const plural = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Groups items by key, in the order of the first of each group. @returns groups that are never empty */
function groupBy<Thing>(things: readonly Thing[], keyOf: (thing: Thing) => string): [Thing, ...Thing[]][] {
  const groups = new Map<string, [Thing, ...Thing[]]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thing]);
    else group.push(thing);
  }
  return [...groups.values()];
}
