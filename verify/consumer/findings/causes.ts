// Which of the contract's causes an answer is about.
import type { Contract, Example, Operation } from '../../contract/contract.ts';
import { declaredFor } from '../../contract/declared.ts';
import { errorCodeOf } from '../../judge/judge-body.ts';
import type { AnswerMessage } from '../../wire/messages.ts';

/** A place in the table of status and cause. */
export interface Cause {
  /** The operation; undefined if the request is answered before an operation is found. */
  readonly operation: Operation | undefined;
  readonly status: string;
  readonly name: string;
  readonly summary: string;
  /** Pointer to its response, or a clause of HTTP. */
  readonly response: string;
  /** Pointer to its example, if the contract has one. */
  readonly pointer?: string;
}

/** The cause of a status for which the contract lists no causes. */
const SUCCESS = 'success';

/**
 * Found by the error code; if several causes share the code, also by the message and by what is wrong with the request.
 * @param expected names of causes that the request gives reason for
 */
export function causeOf(
  contract: Contract,
  operation: Operation | undefined,
  answer: AnswerMessage,
  expected: readonly (string | undefined)[],
): Cause {
  const status = String(answer.status);
  const declared = declaredFor(contract, operation, status);
  if (declared === undefined)
    return { operation, status, name: 'undeclared', summary: 'a status that is not declared', response: 'HTTP' };
  if (declared.examples.length === 0)
    return { operation, status, name: SUCCESS, summary: 'done', response: declared.pointer };
  const code = errorCodeOf(answer);
  const [first, ...others] = narrowed(declared.examples, [
    (one) => one.code === code,
    (one) => code !== undefined && messageOf(contract, one) === errorMessageOf(answer),
    (one) => expected.includes(one.name),
  ]);
  if (first === undefined || others.length > 0) {
    const summary = 'code and message do not tell which cause it was';
    return { operation, status, name: 'untold', summary, response: declared.pointer };
  }
  const { name, summary, response, pointer } = first;
  const isOutside = contract.gateway.examples.includes(first);
  return { operation: isOutside ? undefined : operation, status, name, summary, response, pointer };
}

/** Every cause that the contract's operations declare. A consumer's tests should meet each of them. */
export const causesOf = ({ operations }: Contract): Cause[] =>
  operations.flatMap((operation) =>
    operation.responses.flatMap(({ pointer, status, examples }) =>
      examples.length === 0
        ? [{ operation, status, name: SUCCESS, summary: 'done', response: pointer }]
        : examples.map(({ name, summary, response, pointer: example }) => ({
            ...{ operation, status, name, summary, response },
            pointer: example,
          })),
    ),
  );

/** Keeps the items that pass each test in turn; a test that no item passes is skipped. */
const narrowed = (examples: readonly Example[], tests: readonly ((one: Example) => boolean)[]): readonly Example[] =>
  tests.reduce((left, test) => {
    const passing = left.filter(test);
    return passing.length === 0 ? left : passing;
  }, examples);

function errorMessageOf({ body }: AnswerMessage): unknown {
  return (JSON.parse(new TextDecoder().decode(body)) as { readonly error_msg?: unknown }).error_msg;
}

function messageOf({ document }: Contract, { pointer }: Example): unknown {
  const keys = pointer
    .slice(2)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return [...keys, 'value', 'error_msg'].reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | undefined)?.[key],
    document,
  );
}
