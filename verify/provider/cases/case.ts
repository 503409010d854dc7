// A case: what it is about, and what it sends.
import type { Contract } from '../../contract/contract.ts';
import type { Level } from '../../contract/level.ts';
import type { Violation } from '../../report/model.ts';
import { type Cause, isViolations, mergeOutcomes, type NotVerified, type Outcome } from '../scene/outcome.ts';
import type { Provider } from '../send/provider.ts';
import type { CaseRequest } from '../send/request.ts';
import { Unfinished } from '../send/turns.ts';
import { type Expectation, levelAsked } from './expectation.ts';
import { judge } from './judge-reply.ts';

export interface Case {
  readonly id: string;
  readonly title: string;
  readonly cause: Cause;
  /** The lowest level of what it tries. */
  readonly level: Level;
  /** Runs it, or why it cannot be run. */
  readonly run: ((provider: Provider) => Promise<Outcome>) | NotVerified;
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
