// What a handler of an operation is given, and what it may answer.
import type { operations as ContractOperations } from '../../generated/api.ts';
import type { RequestContext } from '../http/context.ts';
import type { Principal } from '../http/principals.ts';
import type { OperationId, PathParameters, Reply } from '../http/reply/reply.ts';
import type { Store } from '../store.ts';
import type { Authorize } from './authorize.ts';

/** What handlers work with. */
export interface Services {
  readonly store: Store;
  readonly authorize: Authorize;
}

/** A request that is authenticated and keeps to the contract. */
export interface OperationRequest<Id extends OperationId> {
  readonly parameters: PathParameters<Id>;
  readonly query: NonNullable<ContractOperations[Id]['parameters']['query']>;
  readonly principal: Principal;
  /** The request's record: what the handler notes here is logged. */
  readonly context: RequestContext;
}

/** Answers a request; a Failure or StoreError that it throws is answered as the contract's example of that name. */
export type Handler<Id extends OperationId> = (request: OperationRequest<Id>, services: Services) => Promise<Reply<Id>>;
