/** Work that is not done in time. It may still be done later: nothing stops it. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

/**
 * Every request passes here. A plain timer: one that an AbortSignal ends makes an error with its stack each time, which
 * took a quarter of the server's CPU time.
 * @throws NotInTime after so many milliseconds, what the work throws before
 */
export function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new NotInTime(`not done within ${timeoutMs} ms`)), timeoutMs).unref();
    // Whichever comes second is of no interest to the caller any more.
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
