// The summary of a report: how many cases ended how, and which rules are broken.
import { LEVELS, type Level, takesIn } from '../contract/level.ts';
import { type Harm, orderOf, rankOf, sufferingOf } from './harms.ts';
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
interface Occurrence {
  readonly finding: Finding;
  /** What is wrong here, and the rule in words. */
  readonly message: string;
  readonly clause: string;
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
  /** A front gateway decides all of it, before the provider's own program. */
  readonly isGateway: boolean;
  /** Beginning with the one to show: of those that harm most, the one with the shortest command line. */
  readonly occurrences: readonly [Occurrence, ...Occurrence[]];
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
  const [ofGateway, others] = [true, false].map((one) => groups.filter((group) => group.every(isOfGateway) === one));
  const inFront = groupBy((ofGateway ?? []).flat(), ({ finding }) => finding.level);
  return [...(others ?? []), ...inFront]
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

/** What only a front gateway answers so is one thing, whatever it answers: the provider's program cannot mend it. */
const isOfGateway = ({ finding, violation }: Broken): boolean =>
  (finding.isGateway === true || violation.isGateway === true) && partyOf(violation) === 'provider';

function identityOf(violation: Violation): string {
  const { harm, rule, message, alike } = violation;
  return JSON.stringify([partyOf(violation), ...(alike === undefined ? [harm, rule, message] : [alike])]);
}

const lineOf = ({ violation }: Broken): number => violation.exchange?.curl.length ?? Number.POSITIVE_INFINITY;

function problemOf(group: readonly [Broken, ...Broken[]]): Problem {
  const [worst, ...others] = group.toSorted(
    (one, other) => orderOf(one.violation.harm) - orderOf(other.violation.harm) || lineOf(one) - lineOf(other),
  ) as [Broken, ...Broken[]];
  const { finding, violation } = worst;
  const isGateway = group.every(isOfGateway);
  const harm = isGateway ? 'front-gateway' : violation.harm;
  const [first, ...more] = groupBy([worst, ...others], (one) => one.finding.id).map(occurrenceOf);
  return {
    party: partyOf(violation),
    level: finding.level,
    suffering: sufferingOf(harm),
    harm,
    isGateway,
    occurrences: [first as Occurrence, ...more],
  };
}

/** Lists a case once, with its first answer, even if several of its answers show the same. */
function occurrenceOf(group: readonly [Broken, ...Broken[]]): Occurrence {
  const [{ finding, violation }] = group;
  const { message, rule, clause = rule, found, seenWith, exchange } = violation;
  const alike = group.filter((one) => one.violation.message === message);
  const times = alike.reduce((sum, one) => sum + (one.violation.times ?? 1), 0);
  return { finding, times, message, clause, found, seenWith, exchange };
}

/** Cases that are not verified for one reason. */
export interface OpenQuestion {
  readonly reason: string;
  /** The fixture keys that would arrange the states. */
  readonly fixtures: readonly string[];
  /** At least one. */
  readonly findings: readonly Finding[];
}

/** What is not verified, grouped by reason. */
export function openQuestionsOf(report: Report): OpenQuestion[] {
  const open = report.findings.filter(({ verdict }) => verdict === 'not-verified');
  return groupBy(open, ({ reason = 'no reason is known' }) => reason).map((findings) => {
    const [{ reason = 'no reason is known' }] = findings;
    const fixtures = new Set(findings.flatMap(({ fixture }) => fixture ?? []));
    return { reason, fixtures: [...fixtures], findings };
  });
}

/** Whether what is verified says anything of the whole: a delete was seen, and no more is open than verified. */
const isTelling = (report: Report, { verified, 'not-verified': open }: Counts): boolean =>
  hadSuccess(report) && verified > 0 && open <= verified;

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
    const open = of['not-verified'];
    const all = of.verified + open;
    if (broken > 0) sentences.push(brokenLevel(level, broken));
    else if (all === 0) sentences.push(`Nothing of ${level} is verified.`);
    else if (!isTelling(report, of)) sentences.push(`Not verified: ${level} (${open} of ${plural(all, 'case')}).`);
    else if (isKept) sentences.push(`Keeps ${level}${open > 0 ? ` (${plural(open, 'case')} not verified)` : ''}.`);
    isKept &&= broken === 0 && isTelling(report, of);
  }
  return sentences.join(' ');
}

const brokenLevel = (level: Level, ways: number): string =>
  level === 'full'
    ? `${plural(ways, 'difference')} from this contract's extensions.`
    : `Breaks ${level} in ${plural(ways, 'way')}.`;

/** The outcome in one sentence. */
export function headlineOf(report: Report): string {
  const counts = countsOf(report.findings);
  const { verified, violated, 'not-verified': unverified } = counts;
  const problems = problemsOf(report).length;
  if (violated > 0) return `${plural(problems, 'thing')} to mend, found in ${plural(violated, 'case')}`;
  if (verified === 0) return 'Nothing was verified';
  if (report.kind === 'consumer' && !hadSuccess(report)) return 'Not verified: the consumer never had a success';
  if (!isTelling(report, counts)) return `Not verified: ${unverified} of ${plural(verified + unverified, 'case')}`;
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
