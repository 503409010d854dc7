// The provider check: derives the cases, runs them, and reports.
import { CannotRun } from '../cannot-run.ts';
import type { Contract } from '../contract/contract.ts';
import { type Level, takesIn } from '../contract/level.ts';
import { requestIdHeader } from '../contract/request-id.ts';
import { type Mask, maskOf } from '../evidence/fixture-secrets.ts';
import type { Fixtures } from '../fixtures.ts';
import type { Finding, Report } from '../report/model.ts';
import { presentable } from '../report/presentable.ts';
import { blamedOnce } from './blame.ts';
import type { Case } from './cases/case.ts';
import { type DerivedCases, deriveCases } from './derive-cases.ts';
import { findingsOf } from './findings-of.ts';
import { preflight } from './preflight.ts';
import { lostFindings, notesOf, throttlingFindings } from './provider-findings.ts';
import { requireProvider, requireTags } from './require-tags.ts';
import type { NotVerified, Outcome } from './scene/outcome.ts';
import { requestOf } from './scene/scene.ts';
import { ProviderClock } from './send/clock.ts';
import { Provider } from './send/provider.ts';
import { Unfinished } from './send/turns.ts';

export interface ProviderCheckOptions {
  /** http or https; a path in it comes before every path of the contract. */
  readonly baseUrl: string;
  readonly fixtures: Fixtures;
  readonly contract: Contract;
  /** Highest level at which cases run and violations count; `full` by default. */
  readonly level?: Level;
  /** Repeats the random cases of a run. */
  readonly seed?: number;
  readonly maxRequests?: number;
  /** Requests per second. 0, the default: no limit, on a few connections. */
  readonly requestsPerSecond?: number;
  /** For an answer, connecting included; after a request that was never answered, little longer than the slowest answer. */
  readonly timeoutMs?: number;
  /** For the answer to a request that never ends. */
  readonly patienceMs?: number;
  /** Ends the check: what it has not come to is not verified. */
  readonly signal?: AbortSignal;
  /** Called after each case. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** Cases. */
  readonly done: number;
  readonly total: number;
  readonly requests: number;
}

export const DEFAULT_MAX_REQUESTS = 5_000;
export const DEFAULT_TIMEOUT_MS = 6_000;
/** Node gives a caller 60 s for its headers, and looks every 30 s. */
const DEFAULT_PATIENCE_MS = 125_000;

/**
 * Checks a provider against the contract. Deletes the fixtures' tags, each at most once, and nothing else.
 * @throws CannotRun if the provider cannot be reached, or does not hold what the fixtures say
 */
export async function verifyProvider(options: ProviderCheckOptions): Promise<Report> {
  const { contract, fixtures, signal, level = 'full', seed = randomSeed() } = options;
  const startedAt = new Date();
  const baseUrl = new URL(options.baseUrl);
  const clock = new ProviderClock();
  const { scene } = deriveCases(contract, fixtures, { baseUrl, seed, level, clock });
  const mask = maskOf(fixtures);
  const provider = new Provider({
    baseUrl,
    mask,
    idHeader: requestIdHeader(contract)?.name,
    knock: requestOf(scene, { [scene.last.name]: scene.madeUpTag }),
    patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
    maxRequests: options.maxRequests ?? DEFAULT_MAX_REQUESTS,
    requestsPerSecond: options.requestsPerSecond ?? 0,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    signal,
  });
  const known = await preflight(scene, provider).catch((error: unknown) => {
    throw notBegun(error, provider, mask);
  });
  const { unproven, assumed, fixtures: usable, findings: early } = known;
  const cases = deriveCases(contract, usable, { baseUrl, seed, level, unproven, assumed, clock });
  const address = baseUrl.href.replace(/\/+$/, '');
  const { findings, notes } = await runCases(cases, provider, { address, level, onProgress: options.onProgress });
  return {
    kind: 'provider',
    level,
    target: options.baseUrl,
    contract: { title: contract.title, version: contract.version, file: contract.file },
    startedAt,
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    requests: provider.requests,
    seed,
    findings: [...early, ...findings]
      .filter((one) => takesIn(level, one.level))
      .map((one) => ({
        ...one,
        ...(one.reason !== undefined && { reason: mask.prose(one.reason) }),
        violations: one.violations.map(({ isPresentable, ...violation }) =>
          isPresentable === true ? violation : presentable(violation, mask.prose),
        ),
      })),
    notes: [
      ...notes,
      ...(clock.note === undefined ? [] : [clock.note]),
      ...sentences([...unproven].flatMap(([key, why]) => (assumed.has(key) ? [] : [why]))),
      ...notesOf(provider, fixtures, level),
    ].map((note) => mask.prose(note)),
  };
}

const CERTIFICATE_HINT =
  '; for a certificate of a private authority set NODE_EXTRA_CA_CERTS to the file of that authority';

/** What kept the check from its first case; what the provider said is masked. */
function notBegun(error: unknown, { lost }: Provider, mask: Mask): unknown {
  if (error instanceof CannotRun)
    return new CannotRun(
      error.problems.map((problem) => mask.prose(problem)),
      { cause: error },
    );
  if (!(error instanceof Unfinished)) return error;
  const what = lost === undefined ? 'the check could not begin' : 'the provider does not answer';
  const hint = /CERT(?!_ALTNAME)|SELF_SIGNED|UNABLE_TO_VERIFY/.test(error.message) ? CERTIFICATE_HINT : '';
  return new CannotRun([`${what}: ${error.message}${hint}`], { cause: error });
}

const sentences = (texts: Iterable<string>) => [...texts].map((text) => `${text[0]?.toUpperCase()}${text.slice(1)}.`);

const randomSeed = () => Math.floor(Math.random() * 2 ** 31);

/** Cases in a row of deletes that may go unanswered; each costs its time. */
const MAX_UNANSWERED = 2;
const NO_MORE: NotVerified = { reason: `${MAX_UNANSWERED} cases of this kind had no answer, and no more were tried` };

interface Run {
  /** Of the provider, with its base path. */
  readonly address: string;
  readonly level: Level;
  readonly onProgress: ProviderCheckOptions['onProgress'];
}

/** In each phase refusals come first, side by side; then the deletes, one after another. */
async function runCases(
  { scene, base, beyond, closing, uncovered }: DerivedCases,
  provider: Provider,
  { address, level, onProgress }: Run,
): Promise<{ findings: Finding[]; notes: string[] }> {
  const total = [base, beyond].flatMap(({ refusals, deletes }) => [refusals, deletes]).flat().length + closing.length;
  let done = 0;
  const run = async (one: Case, skipped?: NotVerified): Promise<Finding[]> => {
    const findings = findingsOf(scene.contract, one, skipped ?? (await outcomeOf(one, provider)), level);
    done += 1;
    onProgress?.({ done, total, requests: provider.requests });
    return findings;
  };
  const inTurn = async (cases: readonly Case[]) => {
    const findings: Finding[] = [];
    for (const one of cases) {
      const isEnough = findings.filter(isUnanswered).length >= MAX_UNANSWERED;
      findings.push(...(await run(one, isEnough ? NO_MORE : undefined)));
    }
    return findings;
  };
  const sideBySide = async (cases: readonly Case[]) => (await Promise.all(cases.map((one) => run(one)))).flat();
  const refused = await sideBySide(base.refusals);
  const before = provider.answers.length;
  const deleted = await inTurn(base.deletes);
  // The answers of a stopped check prove nothing, nor do those to deletes that may have been done without an answer.
  const ofDeletes = provider.answers.slice(before).filter(({ method }) => method === scene.operation.method);
  const isTold = provider.stopped === undefined && !deleted.some(isUnanswered);
  const answers = isTold ? ofDeletes : [];
  if (isTold) requireProvider(scene, address, provider.answers);
  const strangers = await sideBySide(beyond.refusals);
  const notes = requireTags(scene, answers, [...refused, ...strangers].some(isViolated));
  const others = [...blamedOnce(await inTurn(beyond.deletes), strangers), ...strangers];
  const closed = await inTurn(closing);
  const throttling = throttlingFindings(scene, provider);
  const isSeen = ({ cause }: Case) => throttling.some((one) => one.status === cause.status && one.cause === cause.name);
  // They send nothing, and so are no part of the progress.
  const left = uncovered
    .filter((one) => !isSeen(one))
    .map(async (one) => findingsOf(scene.contract, one, await outcomeOf(one, provider), level));
  return {
    findings: [
      ...deleted,
      ...refused,
      ...others,
      ...closed,
      ...throttling,
      ...lostFindings(scene, provider),
      ...(await Promise.all(left)).flat(),
    ],
    notes,
  };
}

const isUnanswered = ({ violations }: Finding) => violations.some(({ harm }) => harm === 'no-answer');
const isViolated = ({ verdict }: Finding) => verdict === 'violated';

async function outcomeOf({ run }: Case, provider: Provider): Promise<Outcome> {
  return typeof run === 'function' ? await finished(run(provider)) : run;
}

async function finished(running: Promise<Outcome>): Promise<Outcome> {
  return running.catch((error: unknown): NotVerified => {
    if (error instanceof Unfinished) return { reason: error.message };
    throw error;
  });
}
