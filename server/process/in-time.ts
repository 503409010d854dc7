/** Work was not done in time. It goes on and may still succeed. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

/**
 * Waits for work, for a limited time. Every request passes here, so it uses a plain timer: aborting one through an
 * AbortSignal makes an error with its stack each time, which took a quarter of the server's CPU time.
 * @throws NotInTime after timeoutMs milliseconds; what the work throws before that
 */
export function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new NotInTime(`not done within ${timeoutMs} ms`)), timeoutMs).unref();
    // Whichever comes second changes nothing.
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
