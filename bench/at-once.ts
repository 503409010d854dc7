/**
 * Does a piece of work for each subject, so many at a time.
 * @returns how many milliseconds it took for all of them
 * @throws what the first failing piece throws
 */
export async function atOnce<T>(
  subjects: readonly T[],
  concurrency: number,
  work: (subject: T) => Promise<void>,
): Promise<number> {
  const begin = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < subjects.length) {
      const subject = subjects[next] as T;
      next += 1;
      await work(subject);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, subjects.length) }, worker));
  return performance.now() - begin;
}
