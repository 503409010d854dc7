// Replies, each held against the contract before its first byte is sent.

import { contextOf, type RequestContext } from '../http/context.ts';
import type { ContractDocument } from '../http/contract.ts';
import type { AnswerFailure } from '../http/create-app.ts';
import { Failure } from '../http/reply/failures.ts';
import type { AnyReply } from '../http/reply/reply.ts';
import { send } from '../http/reply/send.ts';
import { operationIdOf } from '../http/request/validate.ts';
import { REQUEST_ID_HEADER } from '../http/request-id.ts';
import type { SendReply } from './dispatch.ts';
import { createReplyCheck } from './reply-check.ts';

/** How the operations' successes and failures are sent. */
interface CheckedReplies {
  readonly sendReply: SendReply;
  /** A failure whose reply breaks the contract itself is answered 500, and the log says how. */
  readonly answerFailure: AnswerFailure;
}

export function createCheckedReplies(contract: ContractDocument): CheckedReplies {
  const checkReply = createReplyCheck(contract);

  const sendReply: SendReply = (response, reply, operationId) => {
    const headers = Object.assign({ [REQUEST_ID_HEADER]: contextOf(response).requestId }, reply.headers);
    checkReply(operationId, { status: reply.status, headers, body: reply.body });
    send(response, reply);
  };

  const answerFailure: AnswerFailure = (failure, request, response) => {
    const context = contextOf(response);
    const operationId = operationIdOf(request);
    if (operationId !== undefined) context.operationId = operationId;
    context.failure = failure;
    try {
      // Before an operation is found, no declared response applies.
      if (operationId === undefined) send(response, failureReply(failure, context));
      else sendReply(response, failureReply(failure, context), operationId);
    } catch (breach) {
      context.failure = new Failure('storage-failure', { cause: breach });
      send(response, failureReply(context.failure, context));
    }
  };

  return { sendReply, answerFailure };
}

function failureReply(failure: Failure, { requestId }: RequestContext): AnyReply {
  return { status: failure.status, headers: failure.headers, body: failure.body(requestId) };
}
