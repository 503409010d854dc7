import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { RegistryFailure } from './failure.ts';

/** Under pushes docker-registry answers 500 at times, because it reads half-written tags: milliseconds later it does not. */
const RETRIES = { retries: 4, minTimeout: 25, factor: 3, randomize: true };

/** A registry that wants more patience than this has to be asked again by the caller, in milliseconds. */
const MAX_RETRY_AFTER_MS = 2_000;

/** Tries again what may be gone a moment later; a time-out is not, it has cost enough. */
export function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  return pRetry(attempt, {
    ...RETRIES,
    async shouldRetry({ error }) {
      if (!(error instanceof RegistryFailure && error.isTransient)) return false;
      if (error.retryAfterMs > MAX_RETRY_AFTER_MS) return false;
      await asLongAsAsked(error);
      return true;
    },
  });
}

/** Waits as the registry wished with Retry-After, within a bound. */
export async function asLongAsAsked({ retryAfterMs }: RegistryFailure): Promise<void> {
  await delay(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
