import PQueue from 'p-queue';
import { CONNECTIONS } from './connection.ts';

/** Max concurrent requests for one repository: one that hangs leaves half of the connections to the others. */
const AT_ONCE = CONNECTIONS / 2;

/**
 * Does the same to all tags of a repository, several at once.
 * @throws the first error of `act`
 */
export async function concurrently<T>(all: Iterable<T>, act: (one: T) => Promise<void>): Promise<void> {
  await new PQueue({ concurrency: AT_ONCE }).addAll(Array.from(all, (one) => () => act(one)));
}
