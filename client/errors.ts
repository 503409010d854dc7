/** What is known of a failed delete. A field is undefined if the answer did not say it. */
interface TagDeleteErrorFields {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
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
  /** Identifies the request in the provider's log. */
  readonly requestId: string | undefined;
  /** Seconds to wait before a retry. */
  readonly retryAfter: number | undefined;

  constructor(message: string, { status, code, requestId, retryAfter, cause }: TagDeleteErrorFields = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** @param body of any shape: a gateway may answer with a page of its own instead of the contract's error */
export function errorOfResponse(response: Response, body: unknown): TagDeleteError {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const { error_code: code, error_msg: message, request_id: bodyRequestId } = fields;
  return new TagDeleteError(text(message) ?? `the answer was ${response.status} ${response.statusText}`.trim(), {
    status: response.status,
    code: text(code),
    requestId: response.headers.get('X-Request-Id') ?? text(bodyRequestId),
    retryAfter: retryAfterSeconds(response.headers.get('Retry-After')),
  });
}

/** No answer came, or not in time. @param cause what fetch threw */
export function errorOfNoAnswer(host: string, cause: unknown): TagDeleteError {
  const { name, message, cause: reason } = cause as Error;
  const what = name === 'TimeoutError' ? 'not in time' : ((reason as Error | undefined)?.message ?? message);
  return new TagDeleteError(`no answer from ${host}: ${what}`, { cause });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Seconds or a date (RFC 9110, 10.2.3). @returns seconds */
function retryAfterSeconds(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const seconds = Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
