import PQueue from 'p-queue';
import { CONNECTIONS } from './connection.ts';

/** A repository that hangs leaves the other half of the connections to others. */
const AT_ONCE = CONNECTIONS / 2;

/**
 * Does the same to all tags of a repository, several at once.
 * @throws what the first of them throws
 */
export async function sideBySide<T>(all: Iterable<T>, act: (one: T) => Promise<void>): Promise<void> {
  await new PQueue({ concurrency: AT_ONCE }).addAll(Array.from(all, (one) => () => act(one)));
}
