// What can come of a case: what was broken, or why it says nothing.
import type { Example } from '../../contract/contract.ts';
import type { Violation } from '../../report/model.ts';

/** An answer of the contract: a success, or a named example. */
export type Cause = Pick<Example, 'name' | 'status' | 'pointer' | 'response' | 'code' | 'summary'>;

/** Why a case says nothing. */
export interface NotVerified {
  readonly reason: string;
  /** The fixture key that would arrange it. */
  readonly fixture?: string;
}

/** What came of a case: what was broken, or why it says nothing. */
export type Outcome = readonly Violation[] | NotVerified;

/** Violations outweigh what was left open. */
export function mergeOutcomes(outcomes: readonly Outcome[]): Outcome {
  const violations = outcomes.flatMap((outcome) => (isViolations(outcome) ? outcome : []));
  return violations.length > 0 ? violations : (outcomes.find((outcome) => !isViolations(outcome)) ?? []);
}

export function isViolations(outcome: Outcome): outcome is readonly Violation[] {
  return Array.isArray(outcome);
}
