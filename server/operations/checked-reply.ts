// Replies, each held against the contract before its first byte is sent.
import type { Response } from 'express';
import { contextOf } from '../http/context.ts';
import type { ContractDocument } from '../http/contract.ts';
import type { AnswerFailure } from '../http/create-app.ts';
import { Failure } from '../http/reply/failures.ts';
import { send } from '../http/reply/send.ts';
import { operationIdOf } from '../http/request/validate.ts';
import { REQUEST_ID_HEADER } from '../http/request-id.ts';
import type { SendReply } from './dispatch.ts';
import { ProvenReplies, replyOf } from './proven-replies.ts';
import { createReplyCheck } from './reply-check.ts';

/** How the operations' successes and failures are sent. */
interface CheckedReplies {
  readonly sendReply: SendReply;
  /** A failure whose reply breaks the contract itself is answered 500, and the log says how. */
  readonly answerFailure: AnswerFailure;
}

export function createCheckedReplies(contract: ContractDocument): CheckedReplies {
  const checkReply = createReplyCheck(contract);
  const proven = new ProvenReplies(checkReply);

  const sendReply: SendReply = (response, reply, operationId) => {
    const isBare = reply.headers === undefined && reply.body === undefined;
    const template = isBare ? proven.ofStatus(operationId, reply.status) : undefined;
    if (template !== undefined) {
      template(response);
      return;
    }
    const headers = Object.assign({ [REQUEST_ID_HEADER]: contextOf(response).requestId }, reply.headers);
    checkReply(operationId, { status: reply.status, headers, body: reply.body });
    send(response, reply);
  };

  const sendFailure = (response: Response, failure: Failure, operationId: string): void => {
    const template = proven.ofFailure(operationId, failure);
    if (template === undefined) sendReply(response, replyOf(failure, contextOf(response).requestId), operationId);
    else template(response);
  };

  const answerFailure: AnswerFailure = (failure, request, response) => {
    const context = contextOf(response);
    const operationId = operationIdOf(request);
    if (operationId !== undefined) context.operationId = operationId;
    context.failure = failure;
    try {
      // Before an operation is found, no declared response applies.
      if (operationId === undefined) send(response, replyOf(failure, context.requestId));
      else sendFailure(response, failure, operationId);
    } catch (breach) {
      context.failure = new Failure('storage-failure', { cause: breach });
      send(response, replyOf(context.failure, context.requestId));
    }
  };

  return { sendReply, answerFailure };
}
