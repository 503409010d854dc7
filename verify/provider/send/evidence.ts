// What is kept of requests and their answers. An answer may have a megabyte, and a run has thousands: what outlives its
// case is copied, as a part of a text keeps the whole of it in memory.

import type { Mask } from '../../evidence/fixture-secrets.ts';
import { printable } from '../../evidence/printable.ts';
import { errorCodeOf } from '../../judge/judge-body.ts';
import type { Exchange } from '../../report/model.ts';
import { type AnswerMessage, type Received, valuesOf } from '../../wire/messages.ts';
import { commandLine } from './command-line.ts';
import type { Front } from './front.ts';
import type { Addressee, CaseRequest, WrittenRequest } from './request.ts';

/** A request, its answer, and the two as evidence. */
export interface Reply {
  readonly request: CaseRequest;
  /** With the provider's base path. */
  readonly target: string;
  readonly answer: AnswerMessage | undefined;
  /** Why there is no answer. */
  readonly failure: string | undefined;
  readonly exchange: Exchange;
  /** Takes the secrets out of what is said of it. */
  readonly mask: Mask;
  /** A gateway in front of the provider gave the answer. */
  readonly isOfFront: boolean;
}

export const isSuccessful = ({ answer }: Reply): boolean => answer !== undefined && isSuccess(answer.status);

/** What is kept of every answer. */
export interface SeenAnswer {
  /** Of the request. */
  readonly method: string;
  /** The request was HTTP as a client sends it, and so none that a gateway refuses by itself. */
  readonly isWellFormed: boolean;
  readonly status: number;
  readonly code: string | undefined;
  /** The values of the header that names the request. */
  readonly requestIds: readonly string[];
}

/** Whether a status says that it is done. */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** In characters: more than any code or id of a contract has. */
const MAX_KEPT = 200;

const copyOf = (text: string): string => Buffer.from(text.slice(0, MAX_KEPT)).toString();

/** @param idHeader the header that names the request, if the contract has one */
export function seenOf(request: CaseRequest, answer: AnswerMessage, idHeader: string | undefined): SeenAnswer {
  const code = errorCodeOf(answer);
  return {
    method: request.method,
    isWellFormed: !isRaw(request),
    status: answer.status,
    code: code === undefined ? undefined : copyOf(code),
    requestIds: idHeader === undefined ? [] : valuesOf(answer, idHeader).map(copyOf),
  };
}

const isRaw = ({ hosts, brokenLines, isUnfinished }: CaseRequest): boolean =>
  [hosts, brokenLines, isUnfinished].some((one) => one !== undefined);

export function replyOf(
  request: CaseRequest,
  written: WrittenRequest,
  { answer, failure, bytes, milliseconds }: Received,
  { to, mask, front }: { readonly to: Addressee; readonly mask: Mask; readonly front: Front },
): Reply {
  return {
    request,
    target: written.target,
    answer,
    failure,
    exchange: {
      sent: printable(written.bytes, mask),
      received: bytes.length === 0 ? undefined : printable(bytes, mask),
      curl: commandLine(written, isRaw(request), to, mask),
      milliseconds: Math.round(milliseconds),
    },
    mask,
    isOfFront: answer !== undefined && front.hasAnswered(answer),
  };
}
