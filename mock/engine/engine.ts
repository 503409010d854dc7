// What the mock needs from the source of its answers.
import type { AnyReply } from '../../server/http/reply/reply.ts';

/** What Prism reads from one operation of the contract. */
export interface Declared {
  readonly statuses: readonly number[];
  /** Status of each named example. */
  readonly examples: ReadonlyMap<string, number>;
}

/** Produces answers from the contract's examples. */
export interface Engine {
  /** @throws Error if the contract has no such operation */
  declared(operationId: string): Declared;
  /**
   * @param example name of an example of this status; if omitted, Prism chooses
   * @throws Error if the contract declares no such answer
   */
  answer(operationId: string, status: number, example?: string): Promise<AnyReply>;
}

/** Names an answer inside an operation. */
export function answerKey(status: number, example: string | undefined): string {
  return example === undefined ? String(status) : `${status} ${example}`;
}
