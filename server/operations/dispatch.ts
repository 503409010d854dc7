// Hands a request to the handler of its operation. The validator has matched it: no path is written here.
import type { RequestHandler, Response } from 'express';
import type { OperationId, ParameterName } from '../../openapi/names.ts';
import { contextOf } from '../http/context.ts';
import { requireLegalNames } from '../http/names.ts';
import { Failure } from '../http/reply/failures.ts';
import type { AnyReply } from '../http/reply/reply.ts';
import { operationIdOf, pathParametersOf, queryOf } from '../http/request/validate.ts';
import { WorkLimit } from '../limits/work-limit.ts';
import { inTime } from '../process/in-time.ts';
import type { Handler, OperationRequest, Services } from './handler.ts';
import { operations } from './index.ts';
import { failureOfStore } from './store-failures.ts';

/** How long a caller waits for a handler, in milliseconds. Beyond that: 500; the work itself goes on. */
const HANDLER_TIMEOUT_MS = 30_000;

/** Max concurrent handlers; at most half of them for one repository. Beyond that: 429. */
const MAX_WORK = 256;

/** What handlers are given; tests put their own parts in. */
export interface DispatchParts extends Services {
  /** How long a caller waits for a handler, in milliseconds; 30,000 by default. */
  readonly handlerTimeoutMs?: number;
  /** Handlers that stand in for the project's own. */
  readonly handlers?: Partial<typeof operations>;
}

/** Sends a reply of an operation. @throws when it is not what the contract declares, before anything is sent */
export type SendReply = (response: Response, reply: AnyReply, operationId: string) => void;

/** The last step of a request: authorization, the store, the reply. */
export function dispatch(parts: DispatchParts, sendReply: SendReply): RequestHandler {
  const { store, authorize, handlerTimeoutMs = HANDLER_TIMEOUT_MS } = parts;
  const handlers = { ...operations, ...parts.handlers };
  const limit = new WorkLimit(MAX_WORK);
  return async (request, response) => {
    const operationId = operationIdOf(request);
    const context = contextOf(response);
    const { principal } = context;
    // The caller went away while its token was checked. It is on record as abandoned, so nothing may change.
    if (response.closed) return;
    if (operationId === undefined || !isOperation(operationId, handlers)) throw new Failure('api-not-found');
    if (principal === undefined) throw new Failure('missing-credentials');
    context.operationId = operationId;
    const parameters = pathParametersOf(request);
    requireLegalNames(operationId, parameters);
    const handler = handlers[operationId] as Handler<OperationId>;
    // Both have been checked against the contract, which is where their types come from.
    const validated = { parameters, query: queryOf(request), principal, context };
    const work = limit.run(repositoryOf(parameters), async () => {
      try {
        return await handler(validated as OperationRequest<OperationId>, { store, authorize });
      } catch (error) {
        context.workFailure = error;
        throw failureOfStore(error);
      } finally {
        context.isWorkOver = true;
      }
    });
    context.work = work;
    sendReply(response, await inTime(work, handlerTimeoutMs), operationId);
  };
}

function isOperation(id: string, handlers: object): id is OperationId {
  return Object.hasOwn(handlers, id);
}

/** The repository that a request is about: one whose work hangs takes at most half of the limit. */
function repositoryOf({
  namespace = '',
  repository = '',
}: Partial<Record<ParameterName<OperationId>, string>>): string {
  return `${namespace}/${repository}`;
}
