// What the contract allows as answer to a request.
import type { Contract, Operation } from '../../contract/contract.ts';
import { type Level, levelOf } from '../../contract/level.ts';
import type { Harm } from '../../report/harms.ts';
import type { Cause, NotVerified } from '../scene/outcome.ts';

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
