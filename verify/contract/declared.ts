// What the contract declares for a status.
import type { Content, Contract, Example, Header, Operation, Response } from './contract.ts';

/** What the contract declares for a status. */
export interface Declared {
  readonly pointer: string;
  readonly headers: readonly Header[];
  readonly content: readonly Content[];
  /** The possible causes; empty for a success. */
  readonly examples: readonly Example[];
}

/** What the contract declares for a status, in the operation or outside of it; undefined if nothing. */
export function declaredFor(
  { gateway }: Contract,
  operation: Operation | undefined,
  status: string,
): Declared | undefined {
  const outside = gateway.examples.filter((one) => one.status === status);
  const response = operation && responseFor(operation.responses, status);
  if (response !== undefined) return { ...response, examples: [...response.examples, ...outside] };
  const [first] = outside;
  return first && { pointer: first.pointer, headers: gateway.headers, content: gateway.content, examples: outside };
}

/** The response of a status: by the exact status, its range (`4XX`) or `default`. */
function responseFor(responses: readonly Response[], status: string): Response | undefined {
  const spellings = [status, `${status[0]}XX`, 'default'];
  return spellings.flatMap((one) => responses.filter((response) => response.status === one))[0];
}
