import PQueue from 'p-queue';
import { CONNECTIONS } from './connection.ts';

/** Max concurrent requests for one repository: one that hangs leaves half of the connections to the others. */
const AT_ONCE = CONNECTIONS / 2;

/**
 * Does the same to all tags of a repository, several at once. After the first error no further one is begun.
 * @throws the first error of `act`, when nothing is under way any more: what follows must not meet a late PUT
 */
export async function concurrently<T>(all: Iterable<T>, act: (one: T) => Promise<void>): Promise<void> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  const errors: unknown[] = [];
  for (const one of all) {
    void queue
      .add(async () => {
        if (errors.length === 0) await act(one);
      })
      .catch((error: unknown) => errors.push(error));
  }
  await queue.onIdle();
  if (errors.length > 0) throw errors[0];
}
