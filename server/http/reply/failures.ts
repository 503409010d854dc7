// The catalogue of failures: which cause is answered with which status, code and message. The contract's named
// examples are the catalogue; nobody else spells a vendor code.
import type { components } from '../../../generated/api.ts';
import { errors, gatewayErrors } from '../../../generated/contract.ts';
import { StoreError, type StoreErrorKind } from '../../store.ts';

const catalogue = { ...errors, ...gatewayErrors };

/** The name of an example in the contract. */
export type FailureName = keyof typeof catalogue;

/** Whether the contract has an example of this name. */
export function isFailureName(name: string): name is FailureName {
  return Object.hasOwn(catalogue, name);
}

interface FailureOptions {
  /** What exactly was wrong, for the caller; the example's own text where it is left out. */
  readonly detail?: string;
  /** Response headers beyond those that the contract fixes, as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string | number>>;
  /** What happened, for the log. */
  readonly cause?: unknown;
}

/** A request that is not answered with success: thrown anywhere, turned into a reply at one place. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureName;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string | number>>;

  constructor(kind: FailureName, options: FailureOptions = {}) {
    // An answer, not a defect: nobody reads where it was made, and a stack costs as much as the answer.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(kind, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = limit;
    this.kind = kind;
    this.detail = options.detail;
    this.headers = { ...catalogue[kind].headers, ...options.headers };
  }

  get status(): number {
    return catalogue[this.kind].status;
  }

  /** The body in both of the vendor's formats. */
  body(requestId: string): components['schemas']['Error'] {
    const { code, message, detail } = catalogue[this.kind];
    return {
      errors: [{ errorCode: code, errorMessage: message, detail: this.detail ?? detail }],
      error_code: code,
      error_msg: message,
      request_id: requestId,
    };
  }
}

/** After how many seconds a caller should ask again when the queue of a repository is full: it drains in well under one. */
const BUSY_RETRY_SECONDS = 1;

const storeFailures: Record<StoreErrorKind, FailureName> = {
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

/** Whatever was thrown, as a failure that the contract knows: what nobody expected is a `storage-failure`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof StoreError)) return new Failure('storage-failure', { cause: error });
  const headers = error.kind === 'busy' ? { 'Retry-After': BUSY_RETRY_SECONDS } : {};
  return new Failure(storeFailures[error.kind], { headers, cause: error });
}
