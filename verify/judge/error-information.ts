import { type Contract, ruleOf } from '../contract/contract.ts';
import type { Violation } from '../report/model.ts';
import type { AnswerMessage } from '../wire/messages.ts';

/** An error must have a body: the contract's rule `error-information`. */
export function judgeInformation({ operations }: Contract, answer: AnswerMessage): Violation[] {
  const rule = operations.flatMap((one) => ruleOf(one, 'error-information') ?? [])[0]?.pointer;
  if (rule === undefined || answer.status < 400 || answer.body.length > 0) return [];
  return [
    { rule, message: `The ${answer.status} has no error information: its body is empty.`, harm: 'no-information' },
  ];
}
