// The catalogue of failures: the status, code and message of each cause. The contract's named examples are the
// catalogue; no other file spells a vendor code.
import type { components } from '../../../generated/api.ts';
import { errors, gatewayErrors } from '../../../generated/contract.ts';
import { StacklessError } from '../../process/without-stack.ts';

const catalogue = { ...errors, ...gatewayErrors };

/** The name of an example in the contract. */
export type FailureName = keyof typeof catalogue;

/** Whether the contract has an example of this name. */
export function isFailureName(name: string): name is FailureName {
  return Object.hasOwn(catalogue, name);
}

interface FailureOptions {
  /** What exactly was wrong, for the caller; left out, the example's own text. */
  readonly detail?: string;
  /** Response headers beyond those that the contract fixes, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string | number>>;
  /** What happened, for the log. */
  readonly cause?: unknown;
}

/** A request that is not answered with success. Any step may throw it; one place turns it into a reply. */
export class Failure extends StacklessError {
  override readonly name = 'Failure';
  readonly kind: FailureName;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string | number>>;

  constructor(kind: FailureName, { detail, headers, cause }: FailureOptions = {}) {
    super(kind, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.detail = detail;
    this.headers = headers === undefined ? catalogue[kind].headers : { ...catalogue[kind].headers, ...headers };
  }

  /** Whether all failures of its kind have the same reply, but for the request id. */
  get isConstant(): boolean {
    return this.detail === undefined && this.headers === catalogue[this.kind].headers;
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

/** Turns any thrown value into a failure of the contract. Anything unexpected is a `storage-failure`. */
export function failureOf(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure('storage-failure', { cause: error });
}
