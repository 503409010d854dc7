import { randomFillSync } from 'node:crypto';
import { requestId } from '../../generated/contract.ts';

/** The header of the request id, in requests and responses. */
export const REQUEST_ID_HEADER = 'X-Request-Id';

/** The same as a key of node:http's headers. */
export const REQUEST_ID_FIELD = 'x-request-id';

const sane = new RegExp(requestId.pattern);

/** The caller's own request id if it has the form that the contract declares, else a new one. */
export function requestIdOf(incoming: string | readonly string[] | undefined): string {
  return typeof incoming === 'string' && sane.test(incoming) ? incoming : newRequestId();
}

const ID_BYTES = 16;
const pool = Buffer.alloc(256 * ID_BYTES);
let used = pool.length;

/** 32 hexadecimal digits. The random bytes come from a pool, because asking for them each time took half of a µs. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('hex', used - ID_BYTES, used);
}
