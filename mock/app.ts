// The way of a request through the mock: the same as in the server up to the operation, then Prism's answer.
import type { RequestHandler, Response } from 'express';
import type { components } from '../generated/api.ts';
import { operations } from '../generated/contract.ts';
import type { OperationId } from '../openapi/names.ts';
import { securityHandlers } from '../server/http/auth/authenticate.ts';
import { contextOf } from '../server/http/context.ts';
import type { ContractDocument } from '../server/http/contract.ts';
import { type AnswerFailure, createHttpApp } from '../server/http/create-app.ts';
import type { HttpApp } from '../server/http/http-app.ts';
import { Failure } from '../server/http/reply/failures.ts';
import type { AnyReply } from '../server/http/reply/reply.ts';
import { send } from '../server/http/reply/send.ts';
import { readBody } from '../server/http/request/body.ts';
import { limitHeaders, normalizeUrl, refuseExpectations, requireHost } from '../server/http/request/target.ts';
import { operationIdOf, pathParametersOf, validateRequests } from '../server/http/request/validate.ts';
import { acceptAnyone } from './accept-anyone.ts';
import { allowOrigins } from './cors.ts';
import type { Engine } from './engine/engine.ts';
import type { MockLog } from './log.ts';
import { observe } from './observe.ts';
import { ownRoutes } from './own-routes.ts';
import { answerNoteOf, noteAnswer } from './scenarios/answer-note.ts';
import { createDecide } from './scenarios/decide.ts';
import { deliver } from './scenarios/deliver.ts';
import type { Images, SentImage } from './sessions/images.ts';
import { SESSION_HEADER, sessionIdOf } from './sessions/session-id.ts';
import type { Sessions } from './sessions/sessions.ts';

/** The only operation with state. Any other returns the success that the contract declares. */
const STATEFUL: OperationId = 'deleteRepoTag';

const RETRY_AFTER = 'Retry-After';

/** The parts of the mock. */
export interface MockParts {
  readonly contract: ContractDocument;
  readonly engine: Engine;
  readonly images: Images;
  readonly sessions: Sessions;
  readonly areFaultsOn: boolean;
  /** Whether pages of other origins may call the mock. */
  readonly isCorsOn: boolean;
  /** Seconds in the header Retry-After of every answer that has it. */
  readonly retryAfterSeconds: number;
  readonly log: MockLog;
  /** Serves the documentation, before operations are matched. */
  readonly docs?: RequestHandler;
}

/** The mock as an application. It does not listen. */
export function createMockApp(parts: MockParts): HttpApp {
  return createHttpApp(
    [
      observe(parts.log),
      ...(parts.isCorsOn ? [allowOrigins] : []),
      limitHeaders,
      requireHost,
      refuseExpectations,
      normalizeUrl,
      ...(parts.docs ? [parts.docs] : []),
      ownRoutes(parts.sessions),
      readBody(),
      validateRequests(parts.contract, securityHandlers(acceptAnyone)),
      answer(parts),
    ],
    answerFailure(parts.engine),
  );
}

/** Answers validated requests. */
function answer({ engine, sessions, retryAfterSeconds, ...parts }: MockParts): RequestHandler {
  const decides = new Map(
    Object.keys(operations).map((id) => [id, createDecide({ ...parts, declared: engine.declared(id) })]),
  );
  return async (request, response) => {
    const operationId = operationIdOf(request);
    const decide = decides.get(operationId ?? '');
    if (operationId === undefined || decide === undefined) throw new Failure('api-not-found');
    const { status, example, why, fault } = decide({
      image: operationId === STATEFUL ? (pathParametersOf(request) as SentImage) : undefined,
      prefer: request.get('Prefer'),
      session: sessions.open(sessionIdOf(request.get(SESSION_HEADER))),
    });
    noteAnswer(response, { example, why });
    const reply = await engine.answer(operationId, status, example);
    await deliver(response, withRequest(withRetryAfter(reply, retryAfterSeconds), response), fault);
  };
}

/** Answers every failure: with Prism's answer if the operation declares the example, otherwise with the gateway's. */
function answerFailure(engine: Engine): AnswerFailure {
  return async (failure, request, response) => {
    noteAnswer(response, { example: failure.kind, why: answerNoteOf(response)?.why ?? reasonOf(failure) });
    const operationId = operationIdOf(request);
    const gateway: AnyReply = { status: failure.status, body: failure.body(contextOf(response).requestId) };
    const isDeclared = operationId !== undefined && engine.declared(operationId).examples.has(failure.kind);
    const reply = isDeclared
      ? await engine.answer(operationId, failure.status, failure.kind).catch(() => gateway)
      : gateway;
    const headers = { ...reply.headers, ...failure.headers };
    send(response, withRequest({ ...reply, headers }, response, failure.detail));
  };
}

/** Replaces the 30 s of the contract's example: a test that retries would wait for them. */
function withRetryAfter(reply: AnyReply, seconds: number): AnyReply {
  if (reply.headers?.[RETRY_AFTER] === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, [RETRY_AFTER]: seconds } };
}

/** Adds what belongs to this request alone: its id, and the detail of what was wrong with it. */
function withRequest(reply: AnyReply, response: Response, detail?: string): AnyReply {
  const { requestId } = contextOf(response);
  const error = reply.body as components['schemas']['Error'] | undefined;
  if (error?.request_id === undefined) return reply;
  const errors = detail === undefined ? error.errors : error.errors.map((one) => ({ ...one, detail }));
  return { ...reply, body: { ...error, errors, request_id: requestId } };
}

function reasonOf({ kind, detail, cause }: Failure): string {
  if (kind === 'storage-failure' && cause !== undefined) return `the mock itself failed: ${(cause as Error).stack}`;
  return detail ?? 'the request breaks the contract';
}
