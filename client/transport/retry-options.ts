import { checkOptionNames } from '../option-names.ts';

/** How many times and how long a delete is tried. Times in milliseconds. */
export interface RetryOptions {
  /** Max tries after the first one. */
  readonly retries: number;
  /** The pause before the first retry. Each pause doubles, times a random factor of 1 to 2, up to `maxPauseMs`. */
  readonly minPauseMs: number;
  readonly maxPauseMs: number;
  /** Time for one try, from sending to the last byte of the answer. */
  readonly tryMs: number;
  /** Time for all tries and pauses together. */
  readonly totalMs: number;
}

const defaultRetry: RetryOptions = {
  retries: 4,
  minPauseMs: 250,
  maxPauseMs: 8_000,
  tryMs: 30_000,
  totalMs: 120_000,
};

/** The longest time of a timer: a longer one ends at once. About 25 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Completes options with the defaults. Infinity is allowed.
 * @throws TypeError if a name is unknown, or a value is not a number or is negative
 */
export function readRetryOptions(options: Partial<RetryOptions> = {}): RetryOptions {
  checkOptionNames(options, Object.keys(defaultRetry), 'retry');
  const read = (name: keyof RetryOptions): number => {
    const value: unknown = options[name] ?? defaultRetry[name];
    if (typeof value !== 'number' || !(value >= 0)) throw new TypeError(`retry.${name} must be a number from 0`);
    return name === 'retries' ? value : Math.min(value, MAX_TIMER_MS);
  };
  return {
    retries: read('retries'),
    minPauseMs: read('minPauseMs'),
    maxPauseMs: read('maxPauseMs'),
    tryMs: read('tryMs'),
    totalMs: read('totalMs'),
  };
}
