/** What is known of a failed delete. A field is undefined if the answer did not say it. */
interface TagDeleteErrorFields {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** The tag was not deleted, as far as the client knows. The client throws no other class of error. */
export class TagDeleteError extends Error {
  override readonly name = 'TagDeleteError';
  /** The HTTP status; undefined if nothing was sent or no answer came. */
  readonly status: number | undefined;
  /** The vendor's error code, such as `SVCSTG.SWR.4040115`. */
  readonly code: string | undefined;
  /** The provider's explanation of this very failure, such as `parameter: tag`. */
  readonly detail: string | undefined;
  /** Identifies the request in the provider's log. */
  readonly requestId: string | undefined;
  /** Seconds to wait before a retry. */
  readonly retryAfter: number | undefined;

  constructor(message: string, fields: TagDeleteErrorFields = {}) {
    const { status, code, detail, requestId, retryAfter, cause } = fields;
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}
