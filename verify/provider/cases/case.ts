// A case: the request, the answers that the contract allows, and how the answer is judged.
import type { Contract, Operation } from '../../contract/contract.ts';
import { type Level, levelOf } from '../../contract/level.ts';
import { isUndeclared, judgeAnswer } from '../../judge/judge-answer.ts';
import { errorCodeOf, NO_CODE } from '../../judge/judge-body.ts';
import type { Harm } from '../../report/harms.ts';
import type { Violation } from '../../report/model.ts';
import { presentable } from '../../report/presentable.ts';
import { notGiven } from '../scene/credentials.ts';
import { type Cause, isViolations, mergeOutcomes, type NotVerified, type Outcome } from '../scene/outcome.ts';
import type { Reply } from '../send/evidence.ts';
import type { Provider } from '../send/provider.ts';
import type { CaseRequest } from '../send/request.ts';
import { Unfinished } from '../send/turns.ts';

export interface Case {
  readonly id: string;
  readonly title: string;
  readonly cause: Cause;
  /** The lowest level of what it tries. */
  readonly level: Level;
  /** Runs it, or why it cannot be run. */
  readonly run: ((provider: Provider) => Promise<Outcome>) | NotVerified;
}

/** The answers that are right for a request. */
export interface Expectation {
  /** Each of these is right; the case is about the first. */
  readonly causes: readonly [Cause, ...Cause[]];
  /** The rule that asks for the status: a pointer into the contract. */
  readonly rule: string;
  /** The rule that asks for the error code, if it is not the example itself. */
  readonly codeRule?: string;
  /** What callers suffer if the status is another. */
  readonly harm?: Harm;
  /** What a lower level asks for: any of some statuses. */
  readonly atLeast?: { readonly statuses: readonly string[]; readonly rule: string };
  /** Answers that do not decide the case, and why. */
  readonly open?: readonly ({ readonly causes: readonly Cause[] } & NotVerified)[];
  /** If the path is not in the contract: the operation whose answers are right too. */
  readonly of?: Operation;
}

/** The lowest level of what an expectation asks for. */
export function levelAsked(contract: Contract, { rule, atLeast }: Pick<Expectation, 'rule' | 'atLeast'>): Level {
  return levelOf(contract, atLeast?.rule ?? rule);
}

/** One more answer that is right, if the contract has it. */
export function orElse(expectation: Expectation, other: Cause | undefined): Expectation {
  return other === undefined ? expectation : { ...expectation, causes: [...expectation.causes, other] };
}

/** A case of one request. */
export function requestCase(
  contract: Contract,
  { id, title }: Pick<Case, 'id' | 'title'>,
  request: CaseRequest,
  expectation: Expectation,
): Case {
  const run = async (provider: Provider) => judge(contract, await provider.send(request), expectation);
  return { id, title, cause: expectation.causes[0], level: levelAsked(contract, expectation), run };
}

/** One of several requests of a case. */
export interface LabelledRequest {
  /** What is special in it. */
  readonly label: string;
  readonly request: CaseRequest;
}

/** A case of several requests that must all be answered alike; empty if the contract leaves nothing to send. */
export function requestsCase(
  contract: Contract,
  { id, title }: Pick<Case, 'id' | 'title'>,
  requests: readonly LabelledRequest[],
  expectation: Expectation,
): Case[] {
  if (requests.length === 0) return [];
  const run = async (provider: Provider): Promise<Outcome> => {
    const askAll = (some: readonly LabelledRequest[]) =>
      Promise.all(
        some.map(async ({ label, request }) => {
          return { label, outcome: await ask(contract, provider, request, expectation) };
        }),
      );
    const first = await askAll(requests.slice(0, SCOUTS));
    const outcomes = first.every(isSilent) ? first : [...first, ...(await askAll(requests.slice(SCOUTS)))];
    return outcomes.every(({ outcome }) => isViolations(outcome) && outcome.length === 0) ? [] : grouped(outcomes);
  };
  return [{ id, title, cause: expectation.causes[0], level: levelAsked(contract, expectation), run }];
}

/** Sends a request and judges the answer. If a bound is reached, the case stays open; earlier violations are kept. */
export async function ask(
  contract: Contract,
  provider: Provider,
  request: CaseRequest,
  expectation: Expectation,
): Promise<Outcome> {
  try {
    return judge(contract, await provider.send(request), expectation);
  } catch (error) {
    if (error instanceof Unfinished) return { reason: error.message };
    throw error;
  }
}

/** Requests of a case that go ahead: if none of them is answered, no more time is spent on the others. */
const SCOUTS = 2;

const isSilent = ({ outcome }: { readonly outcome: Outcome }): boolean =>
  isViolations(outcome) && outcome.some(({ harm }) => harm === 'no-answer');

const MAX_LABELS = 8;

/** Reports the same violation of many requests once, with the requests that showed it. */
function grouped(outcomes: readonly { readonly label: string; readonly outcome: Outcome }[]): Outcome {
  const groups = new Map<string, { violation: Violation; labels: string[] }>();
  for (const { label, outcome } of outcomes) {
    for (const violation of isViolations(outcome) ? outcome : []) {
      const key = `${violation.rule} ${violation.message}`;
      const group = groups.get(key) ?? { violation, labels: [] };
      group.labels.push(label);
      groups.set(key, group);
    }
  }
  if (groups.size === 0) return mergeOutcomes(outcomes.map(({ outcome }) => outcome));
  return [...groups.values()].map(({ violation, labels }) => {
    const more = labels.length > MAX_LABELS ? ` and ${labels.length - MAX_LABELS} more` : '';
    const seenWith = `${labels.slice(0, MAX_LABELS).join(', ')}${more}`;
    return { ...violation, seenWith, times: labels.length };
  });
}

/** Holds an answer against the contract, and against what the request must be answered. */
export function judge(contract: Contract, reply: Reply, expectation: Expectation): Outcome {
  const { request, answer, exchange, mask } = reply;
  const { causes, open = [] } = expectation;
  if (answer === undefined) return [{ ...noAnswer(reply, expectation), exchange }];
  const isOne = (cause: Cause) => isAnswerOf(reply, cause);
  if (answer.status === 401 && request.credentials === notGiven && !causes.some(({ status }) => status === '401')) {
    return ASKS_WHO;
  }
  const isRight = causes.some(isOne);
  const violations = judgeAnswer(contract, request, answer, expectation.of).filter(
    (one) => isRight || !isUndeclared(one),
  );
  const left = open.find((one) => one.causes.some(isOne));
  if (violations.length === 0 && left !== undefined && !isRight) {
    const { reason, fixture } = left;
    return { reason, ...(fixture !== undefined && { fixture }) };
  }
  const first = isRight ? [] : [wrongAnswer(contract, reply, String(answer.status), expectation)];
  // An answer that the base document does not know is not judged by it.
  const isBlocked = first.some(({ blocks }) => blocks !== undefined);
  const others = violations.filter(({ rule }) => !isBlocked || levelOf(contract, rule) !== 'base');
  const all = [...first, ...others];
  // Masked and cut at once: a quote keeps the whole answer, up to a megabyte, in memory.
  return (reply.isOfFront ? inFront(contract, expectation, all) : all).map((violation) => ({
    ...presentable({ ...violation, exchange }, mask.prose),
    isPresentable: true,
  }));
}

const IN_FRONT: NotVerified = { reason: 'a gateway in front refuses it, before the provider’s own program' };

/** What a gateway answered is not the provider's program to mend. Base asks for a refusal alone, from either. */
function inFront(contract: Contract, expectation: Expectation, violations: readonly Violation[]): Violation[] {
  const isBase = levelAsked(contract, expectation) === 'base';
  return violations.map((one) =>
    (one.level ?? levelOf(contract, one.rule)) === 'base'
      ? one
      : { ...one, level: 'full' as const, isGateway: true, ...(!isBase && { blocks: IN_FRONT }) },
  );
}

const ASKS_WHO: NotVerified = { reason: 'the provider asks who calls', fixture: 'credentials.allowed' };

function noAnswer({ failure = 'nothing' }: Reply, { causes, rule, atLeast }: Expectation): Violation {
  const wanted = atLeast === undefined ? describe(causes) : atLeast.statuses.join(' or ');
  return {
    rule: atLeast?.rule ?? rule,
    message: `No answer; it must be ${wanted}.`,
    found: failure,
    harm: 'no-answer',
  };
}

/** The status is another one, or it is right and the error code is not. */
function wrongAnswer(contract: Contract, reply: Reply, status: string, expectation: Expectation): Violation {
  const { causes, rule, atLeast } = expectation;
  const sameStatus = causes.find((one) => one.status === status);
  if (sameStatus !== undefined) return wrongCode(reply, expectation.codeRule ?? sameStatus.pointer, describe(causes));
  const isEnough = atLeast?.statuses.includes(status) === true;
  const asked = atLeast === undefined || isEnough ? rule : atLeast.rule;
  const wanted = asked === atLeast?.rule && !isEnough ? atLeast.statuses.join(' or ') : describe(causes);
  const harm = harmOf(status, expectation);
  const message = `${factOf(harm, status)}Answered ${describeAnswer(reply)}; it must be ${wanted}.`;
  // Base asks for no credentials, and says nothing about a provider that does.
  if (status === '401' && levelOf(contract, asked) === 'base') {
    const refused = { reason: 'the provider refuses the credentials', fixture: 'credentials.allowed' };
    return { rule: asked, message, harm, level: 'vendor', blocks: refused };
  }
  // A provider without this check says many things in its place: the fix is one.
  const isOneFix = ['401', '403', '405'].includes(causes[0].status);
  const alike = isOneFix
    ? `not ${causes[0].status}`
    : `${harm}: ${status}, not ${causes[0].status} of ${causes[0].response}`;
  return { rule: asked, message, harm, alike };
}

function wrongCode(reply: Reply, rule: string, wanted: string): Violation {
  const status = reply.answer?.status;
  const code = reply.answer && errorCodeOf(reply.answer);
  const message =
    code === undefined
      ? `${status} has the right status but no error code; the vendor’s SDKs read \`error_code\`.`
      : `${status} has the right status but the error code of something else; it must be ${wanted}.`;
  if (code === undefined) return { rule, message, harm: 'unreadable-error', ...NO_CODE };
  return { rule, message, found: `error_code: ${JSON.stringify(code)}`, harm: 'wrong-code' };
}

/** What the answer to a second request shows of the first. */
function factOf(harm: Harm, status: string): string {
  if (status === '404' && (harm === 'deleted-wrongly' || harm === 'deleted-unasked'))
    return 'The tag is gone already. ';
  return harm === 'not-deleted' ? 'The tag is still there. ' : '';
}

/** What callers suffer from a status that is another than it must be. */
function harmOf(status: string, { causes: [{ status: wanted }], harm, atLeast }: Expectation): Harm {
  if (status.startsWith('2')) {
    if (wanted === '401' || wanted === '403') return 'let-in';
    return wanted.startsWith('2') ? 'wrong-status' : (harm ?? 'false-success');
  }
  if (atLeast?.statuses.includes(status)) return 'wrong-status';
  if (wanted.startsWith('2')) return harm ?? 'delete-refused';
  if (status.startsWith('5')) return 'server-error';
  return wanted === '401' && status === '404' ? 'existence-told' : 'wrong-status';
}

/** Whether an answer is this one: by its status, and by its error code if the contract has one for it. */
export function isAnswerOf({ answer }: Reply, { status, code }: Cause): boolean {
  if (answer === undefined || String(answer.status) !== status) return false;
  return code === undefined || errorCodeOf(answer) === code;
}

export function describeAnswer({ answer, failure }: Reply): string {
  if (answer === undefined) return `nothing (${failure})`;
  const code = errorCodeOf(answer);
  return code === undefined ? String(answer.status) : `${answer.status} with the code ${JSON.stringify(code)}`;
}

/** Causes in words. */
function describe(causes: readonly Cause[]): string {
  const texts = causes.map(({ status, name, code }) => `${status} ${name}${code === undefined ? '' : ` (${code})`}`);
  return [...new Set(texts)].join(' or ');
}
