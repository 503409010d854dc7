// A gateway in front of the provider answers some requests itself, in a form of its own.
import { errorCodeOf } from '../../judge/judge-body.ts';
import type { AnswerMessage } from '../../wire/messages.ts';

/** What a gateway refuses itself: requests that it takes for malformed or too large. */
const ITS_STATUSES = new Set([400, 413, 414, 431]);
/** Bytes at the end of an error page that name the program, as in nginx's pages. */
const SIGNATURE_BYTES = 40;

const endOf = ({ body }: AnswerMessage): string => Buffer.from(body.subarray(-SIGNATURE_BYTES)).toString('latin1');

/** Knows a gateway again by how its error pages end. */
export class Front {
  #end = '';

  /**
   * @param toNonsense the answer to what is not an HTTP request: the program that reads HTTP gives it
   * @param own an answer of the provider itself
   */
  learn(toNonsense: AnswerMessage | undefined, own: AnswerMessage | undefined): void {
    const isPage =
      toNonsense !== undefined && ITS_STATUSES.has(toNonsense.status) && errorCodeOf(toNonsense) === undefined;
    if (isPage && (own === undefined || endOf(own) !== endOf(toNonsense))) this.#end = endOf(toNonsense);
  }

  /** Whether the gateway gave this answer. */
  hasAnswered(answer: AnswerMessage): boolean {
    return this.#end !== '' && ITS_STATUSES.has(answer.status) && endOf(answer) === this.#end;
  }
}
