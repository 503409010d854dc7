// The map from the contract's operations to their handlers: one line each.

import type { OperationId } from '../http/reply/reply.ts';
import { deleteRepoTag } from './delete-repo-tag.ts';
import type { Handler } from './handler.ts';

/** Every operation of the contract: one without a handler does not compile. */
export const operations: { readonly [Id in OperationId]: Handler<Id> } = {
  deleteRepoTag,
};
