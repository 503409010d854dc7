// Which failures are retried, and after which pause.
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { TagDeleteError } from './errors.ts';

/** How many times and how long a delete is tried. Times in milliseconds. */
export interface RetryOptions {
  /** Max tries after the first one. */
  readonly retries: number;
  /** The pause before the first retry. Each pause doubles, times a random factor of 1 to 2, up to `maxPauseMs`. */
  readonly minPauseMs: number;
  readonly maxPauseMs: number;
  /** Time for one try, from sending to the last byte of the answer. */
  readonly tryMs: number;
  /** Time for all tries and pauses together. */
  readonly totalMs: number;
}

export const defaultRetry: RetryOptions = {
  retries: 4,
  minPauseMs: 250,
  maxPauseMs: 8_000,
  tryMs: 30_000,
  totalMs: 120_000,
};

const TOO_MANY_REQUESTS = 429;
const GATEWAY_FAILURES: readonly (number | undefined)[] = [502, 503, 504];

/** Codes of undici and Node for a connection that ended before any answer. */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** Whether a failed try may have deleted the tag: the request was sent, and its outcome is not known. */
export function mayHaveDeleted(error: TagDeleteError): boolean {
  return GATEWAY_FAILURES.includes(error.status) || isReset(error);
}

function isReset({ status, cause }: TagDeleteError): boolean {
  const reason = (cause as Error | undefined)?.cause as NodeJS.ErrnoException | undefined;
  return status === undefined && RESET_CODES.includes(reason?.code);
}

/**
 * Retries passing failures only: 429 (after Retry-After), 502 to 504, and a connection reset before any answer.
 * @param work one try; it must end when its signal aborts
 * @throws what the last try threw; the signal's reason if the caller aborts
 */
export async function withRetries<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { retries, minPauseMs, maxPauseMs, tryMs, totalMs }: RetryOptions,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + totalMs;
  // Many calls may wait for the caller's signal: each listens to a signal of its own.
  const own = signal && AbortSignal.any([signal]);
  const remainingMs = () => Math.max(0, Math.floor(deadline - performance.now()));
  const tryOnce = () => withTimeout(work, Math.min(tryMs, remainingMs()), own);
  // Most calls succeed at once: p-retry costs 6 µs, so it starts only after a failure, which it takes as its first attempt.
  let failed: unknown;
  try {
    return await tryOnce();
  } catch (error) {
    failed = error;
  }
  const again = (attempt: number) => (attempt === 1 ? Promise.reject(failed) : tryOnce());
  return pRetry(again, {
    retries,
    minTimeout: minPauseMs,
    maxTimeout: maxPauseMs,
    factor: 2,
    randomize: true,
    maxRetryTime: remainingMs(),
    ...(own && { signal: own }),
    async shouldRetry({ error }) {
      if (!(error instanceof TagDeleteError)) return false;
      if (error.status !== TOO_MANY_REQUESTS) return mayHaveDeleted(error);
      const pauseMs = (error.retryAfter ?? 0) * 1000;
      if (pauseMs >= remainingMs()) return false;
      await delay(pauseMs, undefined, own && { signal: own }).catch(() => own?.throwIfAborted());
      return true;
    },
  });
}

/** AbortSignal.timeout would keep a timer for every call of the last 30 seconds; this timer ends with the call. */
async function withTimeout<T>(
  work: (signal: AbortSignal) => Promise<T>,
  ms: number,
  outer: AbortSignal | undefined,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  const expire = () => controller.abort(new DOMException(`not within ${ms} ms`, 'TimeoutError'));
  const timer = setTimeout(expire, ms);
  outer?.addEventListener('abort', abort, { once: true });
  if (outer?.aborted) abort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}
