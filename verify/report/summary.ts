// What the reports say before they go into details: how much of what, and which rules are broken.
import type { Exchange, Finding, Report, Verdict, Violation } from './model.ts';

/** How many cases ended how. Nothing adds them up: what is not verified is no part of what is. */
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

/** One thing to mend: every case that broke the same rule in the same way. */
export interface Problem {
  readonly party: 'provider' | 'consumer';
  readonly rule: string;
  readonly message: string;
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

/** What is to be mended; what most cases suffer from comes first. */
export function problemsOf(report: Report): Problem[] {
  const broken = report.findings.flatMap((finding) => finding.violations.map((violation) => ({ finding, violation })));
  const groups = groupBy(broken, ({ violation }) => identityOf(violation));
  return groups.map(problemOf).sort((one, other) => other.occurrences.length - one.occurrences.length);
}

interface Broken {
  readonly finding: Finding;
  readonly violation: Violation;
}

const partyOf = ({ party }: Violation): 'provider' | 'consumer' => party ?? 'provider';

const identityOf = (violation: Violation): string =>
  JSON.stringify([partyOf(violation), violation.rule, violation.message]);

function problemOf(group: readonly [Broken, ...Broken[]]): Problem {
  const [{ violation: first }] = group;
  return {
    party: partyOf(first),
    rule: first.rule,
    message: first.message,
    occurrences: groupBy(group, ({ finding }) => finding.id).map(occurrenceOf),
  };
}

/** A case is told once, however many of its answers show the same: the first one stands for all. */
function occurrenceOf(group: readonly [Broken, ...Broken[]]): Occurrence {
  const [{ finding, violation }] = group;
  const times = group.reduce((sum, one) => sum + (one.violation.times ?? 1), 0);
  return { finding, times, found: violation.found, seenWith: violation.seenWith, exchange: violation.exchange };
}

/** What nobody knows yet, for one reason. */
export interface OpenQuestion {
  readonly reason: string;
  /** The fixture key that would arrange the state. */
  readonly fixture: string | undefined;
  /** At least one. */
  readonly findings: readonly Finding[];
}

/** What is not verified, together what has the same reason and the same remedy. */
export function openQuestionsOf(report: Report): OpenQuestion[] {
  const open = report.findings.filter(({ verdict }) => verdict === 'not-verified');
  return groupBy(open, ({ reason, fixture }) => JSON.stringify([reason, fixture])).map((findings) => {
    const [{ reason = 'no reason is known', fixture }] = findings;
    return { reason, fixture, findings };
  });
}

/** The outcome in one sentence. */
export function headlineOf(report: Report): string {
  const { verified, violated, 'not-verified': unverified } = countsOf(report.findings);
  const problems = problemsOf(report).length;
  if (violated > 0) return `${plural(problems, 'thing')} to mend, found in ${plural(violated, 'case')}`;
  if (verified === 0) return 'Nothing was verified';
  if (unverified > 0) return `Nothing violated, but ${plural(unverified, 'case')} not verified`;
  return `${verified === 1 ? 'The one case is' : `All ${verified} cases are`} verified`;
}

export const plural = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Things of the same key together, in the order of their first. @returns groups that are never empty */
export function groupBy<Thing>(things: readonly Thing[], keyOf: (thing: Thing) => string): [Thing, ...Thing[]][] {
  const groups = new Map<string, [Thing, ...Thing[]]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thing]);
    else group.push(thing);
  }
  return [...groups.values()];
}
