import { randomUUID } from 'node:crypto';
import { requestId } from '../../generated/contract.ts';

/** The header of the request id, in requests and responses. */
export const REQUEST_ID_HEADER = 'X-Request-Id';

const sane = new RegExp(requestId.pattern);

/** The caller's own request id if it has the form that the contract declares, else a new one. */
export function requestIdOf(incoming: string | undefined): string {
  return incoming !== undefined && sane.test(incoming) ? incoming : newRequestId();
}

export function newRequestId(): string {
  return randomUUID().replaceAll('-', '');
}
