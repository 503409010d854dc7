import { setTimeout as delay } from 'node:timers/promises';

/** Work that is not done in time. It may still be done later: nothing stops it. */
class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

/** @throws NotInTime after so many milliseconds, what the work throws before */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const timer = new AbortController();
  const timeout = delay(timeoutMs, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new NotInTime(`not done within ${timeoutMs} ms`);
  });
  // Whichever comes second is of no interest to the caller any more.
  for (const either of [work, timeout]) either.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
  }
}
