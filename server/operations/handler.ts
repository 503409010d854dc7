// What an operation's handler is given, and what it may answer.
import type { operations as ContractOperations } from '../../generated/api.ts';
import type { OperationId, PathParameters } from '../../openapi/names.ts';
import type { RequestContext } from '../http/context.ts';
import type { Caller } from '../http/principals.ts';
import type { Reply } from '../http/reply/reply.ts';
import type { Store } from '../store.ts';
import type { Authorize } from './authorize.ts';

/** What handlers work with. */
export interface Services {
  readonly store: Store;
  readonly authorize: Authorize;
}

/** A request that is authenticated and keeps the contract. */
export interface OperationRequest<Id extends OperationId> {
  readonly parameters: PathParameters<Id>;
  readonly query: NonNullable<ContractOperations[Id]['parameters']['query']>;
  readonly principal: Caller;
  /** The request's record; the log line has what the handler notes in `audit`. */
  readonly context: RequestContext;
}

/** Answers a request. When it throws a Failure or a StoreError, the caller gets the contract's example of that name. */
export type Handler<Id extends OperationId> = (request: OperationRequest<Id>, services: Services) => Promise<Reply<Id>>;
