// The failure that a caller gets for each error of the store.
import { Failure, type FailureName } from '../http/reply/failures.ts';
import { StoreError, type StoreErrorKind } from '../store.ts';

/** Seconds after which a caller should ask again when the queue of a repository is full: it drains in well under one. */
const BUSY_RETRY_SECONDS = 1;

const failures: Record<StoreErrorKind, FailureName> = {
  'organization-not-found': 'organization-not-found',
  'repository-not-found': 'repository-not-found',
  'tag-not-found': 'tag-not-found',
  busy: 'throttled',
  'invalid-layout': 'storage-failure',
  unavailable: 'storage-failure',
  unreachable: 'storage-failure',
  unauthorized: 'storage-failure',
  'deletion-disabled': 'storage-failure',
  'read-only': 'storage-failure',
  throttled: 'storage-failure',
  'not-understood': 'storage-failure',
};

/** A store's error as the contract's failure; any other error as it is. */
export function failureOfStore(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  const patience = error.kind === 'busy' && { headers: { 'Retry-After': BUSY_RETRY_SECONDS } };
  return new Failure(failures[error.kind], { ...patience, cause: error });
}
