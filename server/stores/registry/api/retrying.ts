import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { RegistryFailure } from './failure.ts';

/** Under pushes docker-registry now and then reads half-written tags and answers 500; milliseconds later it succeeds. */
const RETRIES = { retries: 4, minTimeout: 25, factor: 3, randomize: true };

/** Milliseconds. If the registry asks for a longer pause, the request fails and the caller may retry it. */
const MAX_RETRY_AFTER_MS = 2_000;

/** Retries transient failures. A time-out is not retried: it has cost enough. */
export function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  return pRetry(attempt, {
    ...RETRIES,
    async shouldRetry({ error }) {
      if (!(error instanceof RegistryFailure && error.isTransient)) return false;
      if (error.retryAfterMs > MAX_RETRY_AFTER_MS) return false;
      await pauseAsAsked(error);
      return true;
    },
  });
}

/** Waits as long as the registry asked for with Retry-After, at most 2 s. */
export async function pauseAsAsked({ retryAfterMs }: RegistryFailure): Promise<void> {
  await delay(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
