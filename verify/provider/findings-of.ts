import type { Contract } from '../contract/contract.ts';
import { type Level, levelOf } from '../contract/level.ts';
import { ruleInWords } from '../contract/rule-in-words.ts';
import { findingsByLevel } from '../report/by-level.ts';
import type { Finding } from '../report/model.ts';
import type { Case } from './cases/case.ts';
import { isViolations, type Outcome } from './scene/outcome.ts';

/** What came of a case, as findings. @param level highest at which violations count */
export function findingsOf(contract: Contract, one: Case, outcome: Outcome, level: Level): Finding[] {
  const about = aboutOf(contract, one);
  if (!isViolations(outcome)) return [{ ...about, verdict: 'not-verified', violations: [], ...outcome }];
  const violations = outcome.map(({ blocks: _, ...violation }) => ({
    clause: ruleInWords(contract, violation.rule),
    ...violation,
    level: violation.level ?? levelOf(contract, violation.rule),
  }));
  const blocked = outcome.find(({ blocks }) => blocks !== undefined)?.blocks;
  const verdict = blocked === undefined ? ('verified' as const) : ('not-verified' as const);
  return findingsByLevel({ ...about, verdict, ...blocked }, violations, level);
}

function aboutOf({ gateway }: Contract, { id, title, cause, level }: Case) {
  const isOfGateway = gateway.examples.some(({ pointer }) => pointer === cause.pointer);
  const isGateway = isOfGateway && gateway.decidedInFront.has(cause.name);
  return { id, level, title, status: cause.status, cause: cause.name, ...(isGateway && { isGateway }) };
}
