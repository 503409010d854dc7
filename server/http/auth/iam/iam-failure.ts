import { StacklessError } from '../../../process/without-stack.ts';

/** Why the identity service did not say whether a token is valid. */
export type IamFailureKind =
  /** No connection, or one that ended early. */
  | 'iam-unreachable'
  | 'iam-timeout'
  /** An answer that says nothing about the token: 403, 429, 5xx, a redirect. */
  | 'iam-refused'
  /** An answer that is not HTTP, too large, or of another shape. */
  | 'iam-not-understood'
  /** It was not asked, because it has just failed several times in a row. */
  | 'iam-circuit-open';

interface IamFailureOptions {
  readonly status?: number | undefined;
  /** The identity service's own id of the request. */
  readonly iamRequestId?: string | undefined;
}

/**
 * The identity service failed. It is logged as it is, so it has no cause: the service's bodies and the HTTP client's
 * errors can quote the token.
 */
export class IamFailure extends StacklessError {
  override readonly name = 'IamFailure';
  readonly kind: IamFailureKind;
  readonly status: number | undefined;
  readonly iamRequestId: string | undefined;

  /** @param reason text of this project, or the code of an error */
  constructor(kind: IamFailureKind, reason: string, { status, iamRequestId }: IamFailureOptions = {}) {
    super(`${kind}: ${reason}`);
    this.kind = kind;
    this.status = status;
    this.iamRequestId = iamRequestId;
  }
}
