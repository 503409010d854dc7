// The contract's operations and their handlers: one line each.
import type { OperationId } from '../../openapi/names.ts';
import { deleteRepoTag } from './delete-repo-tag.ts';
import type { Handler } from './handler.ts';

/** Every operation of the contract; it does not compile when one has no handler. */
export const operations: { readonly [Id in OperationId]: Handler<Id> } = {
  deleteRepoTag,
};
