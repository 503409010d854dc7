// Replies that are checked against the contract once and not each time, because they differ in the request id alone: a
// success without a body, and each failure of the contract without a detail of its own. The checks of a 404 and its
// JSON took 6 µs (Node 24).
import type { Failure, FailureName } from '../http/reply/failures.ts';
import type { AnyReply } from '../http/reply/reply.ts';
import { createTemplate, type ReplyTemplate } from '../http/reply/template.ts';
import { REQUEST_ID_HEADER } from '../http/request-id.ts';
import type { ReplyCheck } from './reply-check.ts';

/** Ids of the form that every request id has: the shortest, a new one, the longest. */
const SAMPLE_IDS = ['0', '4f1c6f0c2f6e4f0d9a0b8f2f7d3c5e61', '-'.repeat(128)];

/** What is known of the replies of each operation. */
export class ProvenReplies {
  readonly #checkReply: ReplyCheck;
  readonly #templates = new Map<string, ReplyTemplate | undefined>();

  constructor(checkReply: ReplyCheck) {
    this.#checkReply = checkReply;
  }

  /** The reply with a status alone; undefined if it breaks the contract. */
  ofStatus(operationId: string, status: number): ReplyTemplate | undefined {
    return this.#known(operationId, `${status}`, () => ({ status }));
  }

  /** The reply of a failure; undefined if it breaks the contract, or has parts of its own. */
  ofFailure(operationId: string, failure: Failure): ReplyTemplate | undefined {
    if (!failure.isConstant) return undefined;
    return this.#known(operationId, failure.kind, (id) => replyOf(failure, id));
  }

  #known(
    operationId: string,
    kind: FailureName | `${number}`,
    replyWith: (requestId: string) => AnyReply,
  ): ReplyTemplate | undefined {
    const key = `${operationId} ${kind}`;
    if (!this.#templates.has(key)) this.#templates.set(key, this.#prove(operationId, replyWith));
    return this.#templates.get(key);
  }

  #prove(operationId: string, replyWith: (requestId: string) => AnyReply): ReplyTemplate | undefined {
    try {
      for (const id of SAMPLE_IDS) {
        const reply = replyWith(id);
        this.#checkReply(operationId, { ...reply, headers: { [REQUEST_ID_HEADER]: id, ...reply.headers } });
      }
      return createTemplate(replyWith);
    } catch {
      // Checked each time, so that the log says how it breaks the contract.
      return undefined;
    }
  }
}

/** The reply that a failure means. */
export function replyOf(failure: Failure, requestId: string): AnyReply {
  return { status: failure.status, headers: failure.headers, body: failure.body(requestId) };
}
