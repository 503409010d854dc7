// A case: what is tried, what the contract says must come of it, and how that is judged.
import type { Contract, Operation } from '../../contract/contract.ts';
import { judgeAnswer } from '../../judge/judge-answer.ts';
import { errorCodeOf } from '../../judge/judge-body.ts';
import type { Violation } from '../../report/model.ts';
import { presentable } from '../../report/presentable.ts';
import { type Cause, isViolations, mergeOutcomes, type NotVerified, type Outcome } from '../scene/outcome.ts';
import type { Reply } from '../send/evidence.ts';
import type { Provider } from '../send/provider.ts';
import type { CaseRequest } from '../send/request.ts';
import { Unfinished } from '../send/turns.ts';

export interface Case {
  readonly id: string;
  readonly title: string;
  readonly cause: Cause;
  /** Runs it, or why it cannot be run. */
  readonly run: ((provider: Provider) => Promise<Outcome>) | NotVerified;
}

/** The answers that are right for a request. */
export interface Expectation {
  /** Any of these; the first is what the case is about. */
  readonly causes: readonly [Cause, ...Cause[]];
  /** The rule that asks for it: a pointer into the contract. */
  readonly rule: string;
  /** Answers that leave the question open, and why. */
  readonly open?: readonly ({ readonly causes: readonly Cause[] } & NotVerified)[];
  /** Whose answers are right too, where the path is none of the contract’s. */
  readonly of?: Operation;
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
  return { id, title, cause: expectation.causes[0], run };
}

/** One of several requests of a case. */
export interface LabelledRequest {
  /** What is special in it. */
  readonly label: string;
  readonly request: CaseRequest;
}

/** A case of several requests that must all be answered alike; none where the contract leaves nothing to send. */
export function requestsCase(
  contract: Contract,
  { id, title }: Pick<Case, 'id' | 'title'>,
  requests: readonly LabelledRequest[],
  expectation: Expectation,
): Case[] {
  if (requests.length === 0) return [];
  const run = async (provider: Provider): Promise<Outcome> => {
    const outcomes = await Promise.all(
      requests.map(async ({ label, request }) => {
        return { label, outcome: await ask(contract, provider, request, expectation) };
      }),
    );
    return outcomes.every(({ outcome }) => isViolations(outcome) && outcome.length === 0) ? [] : grouped(outcomes);
  };
  return [{ id, title, cause: expectation.causes[0], run }];
}

/** Sends a request and judges the answer; bounds that are reached leave it open, and what was found before stands. */
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

const MAX_LABELS = 8;

/** The same violation of many requests is told once, with what it was seen with. */
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
export function judge(contract: Contract, reply: Reply, { causes, rule, open = [], of }: Expectation): Outcome {
  const { request, answer, failure = 'nothing', exchange, mask } = reply;
  if (answer === undefined)
    return [{ rule, message: `No answer; it must be ${describe(causes)}.`, found: failure, exchange }];
  const violations = judgeAnswer(contract, request, answer, of);
  const isOne = (cause: Cause) => isAnswerOf(reply, cause);
  const left = open.find((one) => one.causes.some(isOne));
  if (violations.length === 0 && left !== undefined && !causes.some(isOne)) {
    const { reason, fixture } = left;
    return { reason, ...(fixture !== undefined && { fixture }) };
  }
  if (!causes.some(isOne)) {
    violations.unshift({ rule, message: `Answered ${describeAnswer(reply)}; it must be ${describe(causes)}.` });
  }
  // At once: an answer may have a megabyte, of which a quote keeps hold.
  return violations.map((violation) => presentable({ ...violation, exchange }, mask));
}

/** Whether an answer is this one: by its status, and by its error code where the contract gives it one. */
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
