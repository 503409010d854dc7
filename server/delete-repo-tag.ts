import { setTimeout as delay } from 'node:timers/promises';
import type { Handler } from './handler.ts';
import { repositoryName } from './names.ts';
import { StoreError } from './store.ts';

/** How long a caller waits for the store, in milliseconds. A delete that takes longer may still happen. */
const STORE_TIMEOUT_MS = 30_000;

/** DELETE …/tags/{tag}: exactly this tag, 204 once it is durably gone. */
export const deleteRepoTag: Handler<'deleteRepoTag'> = async (
  { parameters, principal, context },
  { store, authorize },
) => {
  const { namespace, repository, tag } = parameters;
  const image = { namespace, repository: repositoryName(repository), tag };
  context.image = image;
  authorize(principal, image);
  const { digests } = await inTime(store.deleteTag(image));
  context.digests = digests;
  return { status: 204 };
};

async function inTime<T>(work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const timeout = delay(STORE_TIMEOUT_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new StoreError('unavailable', `no answer from the store within ${STORE_TIMEOUT_MS} ms`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.abort();
    timeout.catch(() => undefined);
  }
}
