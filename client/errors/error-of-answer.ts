import type { Answer } from '../answer.ts';
import { TagDeleteError } from './errors.ts';

/**
 * The error that an answer tells. The vendor's body has a pair at its top, `error_code` and `error_msg`, and the older
 * list `errors` beside it; a provider may send either.
 * @param body of any shape: a gateway may answer with a page of its own instead of the contract's error
 */
export function errorOfAnswer({ status, statusText, headers }: Omit<Answer, 'body'>, body: unknown): TagDeleteError {
  const { error_code, error_msg, request_id, errors } = fieldsOf(body);
  const [first] = Array.isArray(errors) ? errors : [];
  const { errorCode, errorMessage, detail: ownDetail } = fieldsOf(first);
  const detail = text(ownDetail);
  const message = text(error_msg) ?? text(errorMessage) ?? withoutBody(status, statusText);
  return new TagDeleteError(detail && !message.includes(detail) ? `${message} (${detail})` : message, {
    status,
    code: text(error_code) ?? text(errorCode),
    detail,
    requestId: headers.get('X-Request-Id') ?? text(request_id),
    retryAfter: retryAfterSeconds(headers.get('Retry-After'), headers.get('Date')),
  });
}

/** If a redirect is not followed, a browser shows the status 0 in place of the real one. */
function withoutBody(status: number, statusText: string): string {
  return status === 0
    ? 'the answer was a redirect, which is not followed'
    : `the answer was ${status} ${statusText}`.trim();
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Seconds or a date (RFC 9110, 10.2.3).
 * @param date when the answer was sent: the provider's clock may differ from this machine's
 * @returns seconds
 */
function retryAfterSeconds(value: string | null, date: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const sentAt = Date.parse(date ?? '');
  const seconds = Math.ceil((Date.parse(value) - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
