// The way of a request, from its record to its reply. Nothing here listens or reads the environment.
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import type { Logger } from 'pino';
import { type Authenticators, securityHandlers } from './http/auth/authenticate.ts';
import { contextOf, type RequestContext } from './http/context.ts';
import type { ContractDocument } from './http/contract.ts';
import { requireLegalNames } from './http/legal-names.ts';
import { Failure, failureOf } from './http/reply/failures.ts';
import type { AnyReply, OperationId } from './http/reply/reply.ts';
import { send } from './http/reply/send.ts';
import { hasUnreadBody, MAX_BODY_BYTES, readBody } from './http/request/body.ts';
import { chain } from './http/request/chain.ts';
import { normalizeUrl, refuseExpectations, requireHost } from './http/request/target.ts';
import { failureOfValidation, operationIdOf, pathParametersOf, validateRequests } from './http/request/validate.ts';
import { REQUEST_ID_HEADER } from './http/request-id.ts';
import { takeTurns } from './limits/take-turns.ts';
import { throttle } from './limits/throttle.ts';
import { WorkLimit } from './limits/work-limit.ts';
import type { Handler, OperationRequest, Services } from './operations/handler.ts';
import { operations } from './operations/index.ts';
import { createReplyCheck, type ReplyCheck } from './operations/reply-check.ts';
import type { Metrics } from './operator/metrics.ts';
import { observe } from './operator/observe.ts';
import { inTime } from './process/in-time.ts';

const HANDLER_TIMEOUT_MS = 30_000;

/** So many connections are served before the work that is under way goes on; a request takes a tenth of a millisecond. */
const CONNECTIONS_A_TURN = 8;

/** So many handlers are at work at most, half of them in one repository; a further request is answered 429. */
const MAX_WORK = 256;

/** What the app is made of; tests put their own parts in. */
export interface AppParts extends Services {
  readonly contract: ContractDocument;
  readonly authenticators: Authenticators;
  readonly requestsPerMinute: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** How long a caller waits for a handler; what takes longer may still be done. */
  readonly handlerTimeoutMs?: number;
  /** Answers readers before the operations are looked at. */
  readonly docs?: RequestHandler;
  /** Handlers that stand in for the project's own. */
  readonly handlers?: Partial<typeof operations>;
}

/** The application around the contract's operations, ready to be given to a listener. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // A trailing slash or other letters' case make another path, as in the contract.
  app.enable('strict routing');
  app.enable('case sensitive routing');
  const checkReply = createReplyCheck(parts.contract);
  app.use(
    chain([
      observe(parts.log, parts.metrics),
      takeTurns(CONNECTIONS_A_TURN),
      requireHost,
      refuseExpectations,
      normalizeUrl,
      ...(parts.docs ? [parts.docs] : []),
      readBody(MAX_BODY_BYTES),
      ...validateRequests(parts.contract, securityHandlers(parts.authenticators)),
      ...throttle(parts.requestsPerMinute),
      dispatch(parts, checkReply),
    ]),
  );
  app.use(answerFailure(checkReply));
  return app;
}

/** Hands the request to its operation's handler. The validator has matched it; a path stands nowhere in the code. */
function dispatch(
  { store, authorize, handlerTimeoutMs = HANDLER_TIMEOUT_MS, ...parts }: AppParts,
  checkReply: ReplyCheck,
): RequestHandler {
  const handlers = { ...operations, ...parts.handlers };
  const services = { store, authorize };
  const limit = new WorkLimit(MAX_WORK);
  return async (request, response) => {
    const operationId = operationIdOf(request);
    const context = contextOf(response);
    const { principal } = context;
    if (operationId === undefined || !Object.hasOwn(handlers, operationId)) throw new Failure('api-not-found');
    if (principal === undefined) throw new Failure('missing-credentials');
    context.operationId = operationId;
    const handler = handlers[operationId as OperationId] as Handler<OperationId>;
    const parameters = pathParametersOf(request);
    requireLegalNames(operationId as OperationId, parameters);
    // Both have been held against the contract, which is where their types come from.
    const validated = { parameters, query: request.query as unknown, principal, context };
    const work = limit.run(placeOf(parameters), async () => {
      try {
        return await handler(validated as OperationRequest<OperationId>, services);
      } finally {
        context.isWorkOver = true;
      }
    });
    context.work = work;
    const reply: AnyReply = await inTime(work, handlerTimeoutMs);
    sendChecked(response, reply, checkReply, operationId);
  };
}

/** What all parameters but the last name: the repository of a tag. */
function placeOf(parameters: Readonly<Record<string, string>>): string {
  return Object.values(parameters).slice(0, -1).join('/');
}

/** Every way to fail ends here, and in the contract's shape. */
function answerFailure(checkReply: ReplyCheck): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const context = contextOf(response);
    const operationId = operationIdOf(request);
    if (operationId !== undefined) context.operationId = operationId;
    if (hasUnreadBody(request)) response.set('Connection', 'close');
    context.failure = failureOfValidation(error, request) ?? failureOf(error);
    try {
      // Before an operation is found there is nothing to hold the reply against.
      if (operationId === undefined) send(response, failureReply(context.failure, context));
      else sendChecked(response, failureReply(context.failure, context), checkReply, operationId);
    } catch (breach) {
      context.failure = new Failure('storage-failure', { cause: breach });
      send(response, failureReply(context.failure, context));
    }
  };
}

function failureReply(failure: Failure, { requestId }: RequestContext): AnyReply {
  return { status: failure.status, headers: failure.headers, body: failure.body(requestId) };
}

/** @throws ContractBreach, before anything is sent */
function sendChecked(response: Response, reply: AnyReply, checkReply: ReplyCheck, operationId: string): void {
  const headers = Object.assign({ [REQUEST_ID_HEADER]: contextOf(response).requestId }, reply.headers);
  checkReply(operationId, { status: reply.status, headers, body: reply.body });
  send(response, reply);
}
