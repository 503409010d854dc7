// Which failures are retried, and after which pause. All waiting is done by the global `setTimeout`, which tests may replace.
import { unlessAborted } from '../answer.ts';
import { isReset } from '../errors/error-of-no-answer.ts';
import { TagDeleteError } from '../errors/errors.ts';
import type { RetryOptions } from './retry-options.ts';

const TOO_MANY_REQUESTS = 429;
const GATEWAY_FAILURES: readonly (number | undefined)[] = [502, 503, 504];

/** Whether a failed try may have deleted the tag: the request was sent, and its outcome is not known. */
export function mayHaveDeleted(error: TagDeleteError): boolean {
  return GATEWAY_FAILURES.includes(error.status) || isReset(error);
}

/** The signals of a call. */
interface Signals {
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** Whether the signal of a try is aborted when the try has ended. Only the platform's own fetch needs it, and takes no harm. */
  readonly abortsAtEnd: boolean;
}

/**
 * Retries passing failures only: 429, 502 to 504, and a connection reset before any answer. `Retry-After` is waited for.
 * @param work one try; its signal aborts when its time is over
 * @throws what the last try threw; the signal's reason if the caller aborts
 */
export async function withRetries<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { retries, minPauseMs, maxPauseMs, tryMs, totalMs }: RetryOptions,
  { signal, abortsAtEnd }: Signals,
): Promise<T> {
  const deadline = performance.now() + totalMs;
  const remainingMs = () => Math.max(0, deadline - performance.now());
  // Many calls may wait for the caller's signal: each listens to a signal of its own.
  const own = signal && AbortSignal.any([signal]);
  for (let retry = 0; ; retry += 1) {
    try {
      return await withTimeout(work, Math.min(tryMs, remainingMs()), { signal: own, abortsAtEnd });
    } catch (error) {
      // An answer is told even if the caller aborts meanwhile.
      if (!(error instanceof TagDeleteError && error.status !== undefined)) own?.throwIfAborted();
      if (retry >= retries || !(error instanceof TagDeleteError) || !isPassing(error)) throw error;
      own?.throwIfAborted();
      const growing = Math.min(maxPauseMs, minPauseMs * 2 ** retry * (1 + Math.random()));
      const pauseMs = (error.retryAfter ?? 0) * 1000 + growing;
      if (pauseMs >= remainingMs()) throw error;
      await pause(pauseMs, own);
    }
  }
}

function isPassing(error: TagDeleteError): boolean {
  return error.status === TOO_MANY_REQUESTS || mayHaveDeleted(error);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await (signal ? unlessAborted(passed, signal) : passed);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Undici before version 8, which comes with Node 20 to 24, keeps a request with a signal, and all it refers to, until a full
 * garbage collection, or until the signal aborts (its lib/web/fetch/request.js).
 */
const KEEPS_REQUESTS = Number.parseInt(process.versions['undici'] ?? '', 10) < 8;
const ENDED = new DOMException('the try has ended', 'AbortError');

/** AbortSignal.timeout would keep a timer for every call of the last 30 seconds; this timer ends with the call. */
async function withTimeout<T>(
  work: (signal: AbortSignal) => Promise<T>,
  ms: number,
  { signal: outer, abortsAtEnd }: Signals,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  const expire = () => controller.abort(new DOMException(`not within ${Math.round(ms)} ms`, 'TimeoutError'));
  const timer = setTimeout(expire, ms);
  outer?.addEventListener('abort', abort, { once: true });
  if (outer?.aborted) abort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
    if (abortsAtEnd && KEEPS_REQUESTS) controller.abort(ENDED);
  }
}
