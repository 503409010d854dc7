// Checks whether the contract allows an answer.
import type { Contract, Header, Operation } from '../contract/contract.ts';
import { declaredFor } from '../contract/declared.ts';
import type { Violation } from '../report/model.ts';
import { type AnswerMessage, type RequestMessage, valuesOf } from '../wire/messages.ts';
import { judgeInformation } from './error-information.ts';
import { judgeBody } from './judge-body.ts';
import { judgeFraming } from './judge-framing.ts';
import { matchOperation } from './match.ts';
import { schemasOf } from './schemas.ts';

/**
 * Everything that is wrong with an answer as such: its status, headers, framing and body. It does not ask whether
 * the answer is the right one for the request.
 * @param of the operation whose answer it may be, if the request is for none
 * @returns violations with pointers into the contract; empty if the contract allows the answer
 */
export function judgeAnswer(
  contract: Contract,
  request: Pick<RequestMessage, 'method' | 'target'>,
  answer: AnswerMessage,
  of?: Operation,
): Violation[] {
  const match = matchOperation(contract, request.method, request.target);
  const operation = match?.hasMethod ? match.operations[0] : of;
  const declared = declaredFor(contract, operation, String(answer.status));
  const wire = [
    ...judgeFraming(contract, request, answer),
    ...(request.method === 'HEAD' ? [] : judgeInformation(contract, answer)),
  ];
  if (declared === undefined) return [undeclared(contract, operation, answer.status), ...wire];
  return [
    ...wire,
    ...declared.headers.flatMap((header) => judgeHeader(contract, header, answer)),
    ...judgeAllow(contract, match?.operations ?? [], answer),
    ...(request.method === 'HEAD' ? [] : judgeBody(contract, declared, answer)),
  ];
}

function undeclared({ gateway }: Contract, operation: Operation | undefined, status: number): Violation {
  const statuses = new Set([...(operation?.responses ?? []), ...gateway.examples].map((one) => one.status));
  return {
    rule: operation ? `${operation.pointer}/responses` : gateway.pointer,
    message: `The status ${status} is not declared; declared are ${[...statuses].toSorted().join(', ')}.`,
    harm: 'wrong-status',
  };
}

/** Whether a violation only says that the status is not declared. */
export const isUndeclared = ({ message, harm }: Violation): boolean =>
  harm === 'wrong-status' && /^The status \d+ is not declared;/.test(message);

function judgeHeader(
  contract: Contract,
  { pointer, name, required, schema, isNumeric }: Header,
  answer: AnswerMessage,
): Violation[] {
  const values = valuesOf(answer, name);
  const [value] = values;
  if (value === undefined) {
    return required ? [{ rule: pointer, message: `The header ${name} is missing; it is required.` }] : [];
  }
  if (required && values.length > 1) {
    const found = `it comes ${values.length} times`;
    return [{ rule: pointer, message: `The header ${name} comes more than once; one is allowed.`, found }];
  }
  const parsed = isNumeric && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  const problems = schemasOf(contract)(schema, parsed);
  return problems.map(({ problem }) => ({
    rule: schema,
    message: `The header ${name} breaks its schema: ${problem}.`,
    found: `${name}: ${JSON.stringify(value)}`,
  }));
}

/** RFC 9110, 15.5.6: a 405 names the methods that the resource has. */
function judgeAllow({ gateway }: Contract, operations: readonly Operation[], answer: AnswerMessage): Violation[] {
  const [operation] = operations;
  if (answer.status !== 405 || operation === undefined) return [];
  const allowed = valuesOf(answer, 'Allow').flatMap((value) => value.split(',').map((method) => method.trim()));
  const missing = operation.methods.filter((method) => !allowed.includes(method));
  if (missing.length === 0) return [];
  const rule = gateway.examples.find(({ status }) => status === '405')?.pointer ?? operation.pointer;
  return [
    {
      rule,
      message: `A 405 must list the allowed methods in Allow (RFC 9110, 15.5.6): ${missing.join(', ')} is missing.`,
    },
  ];
}
