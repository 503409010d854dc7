import type { Contract } from '../contract/contract.ts';
import { ruleOf } from '../contract/contract.ts';
import type { Violation } from '../report/model.ts';
import { type AnswerMessage, type RequestMessage, valuesOf } from '../wire/messages.ts';

/** Statuses whose answers end with the header section (RFC 9110, 15.3.5 and 15.4.5). */
const WITHOUT_CONTENT = new Set([204, 304]);

/** Judges how a message is delimited, which HTTP clients hide. */
export function judgeFraming(
  contract: Contract,
  { method }: Pick<RequestMessage, 'method'>,
  answer: AnswerMessage,
): Violation[] {
  const { status, body, stray } = answer;
  const bytes = body.length + (stray?.length ?? 0);
  const broken = (rule: string, message: string, found = `${bytes} bytes`): Violation[] => [
    { rule, message, found, harm: 'broken-message' },
  ];
  if (WITHOUT_CONTENT.has(status)) {
    const rule = pointerOf(contract, 'no-content-on-204', status);
    return [
      ...(bytes > 0 ? broken(rule, `A ${status} has no content, and bytes follow it (RFC 9110, 15.3.5).`) : []),
      ...(status === 204 ? forbiddenWith204(contract, answer) : []),
    ];
  }
  if (method === 'HEAD' && bytes > 0) {
    return broken('HTTP HEAD', 'The answer to HEAD has no content, and bytes follow (RFC 9110, 9.3.2).');
  }
  if (stray === undefined || stray.length === 0) return [];
  return broken(`HTTP ${status}`, 'Bytes follow the end of the answer (RFC 9112, 6.3).', `${stray.length} bytes`);
}

/** RFC 9110, 8.6: no Content-Length with a 204. RFC 9112, 6.1: no Transfer-Encoding either. */
function forbiddenWith204(contract: Contract, answer: AnswerMessage): Violation[] {
  const clauses = { 'Content-Length': 'RFC 9110, 8.6', 'Transfer-Encoding': 'RFC 9112, 6.1' };
  const rule = pointerOf(contract, 'no-framing-header-on-204', 204);
  return Object.entries(clauses).flatMap(([name, clause]) => {
    const [value] = valuesOf(answer, name);
    if (value === undefined) return [];
    const found = `${name}: ${JSON.stringify(value)}`;
    return [{ rule, message: `A 204 must not have ${name} (${clause}).`, found, harm: 'shape' as const }];
  });
}

/** A rule of the contract's operations, or of HTTP if the contract has none. */
function pointerOf({ operations }: Contract, id: string, status: number): string {
  return operations.flatMap((one) => ruleOf(one, id) ?? [])[0]?.pointer ?? `HTTP ${status}`;
}
