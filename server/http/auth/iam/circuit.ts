import { IamFailure } from './iam-failure.ts';

/** Failures in a row that open the circuit. */
const MAX_FAILURES = 5;

/** Milliseconds for which an open circuit lets nothing pass. */
const OPEN_MS = 2_000;

/**
 * Stops asking a service that fails. After several failures in a row everything fails at once for a while; then one
 * request goes through as a probe, and its outcome decides.
 */
export class Circuit {
  readonly #now: () => number;
  readonly #isFailure: (error: unknown) => boolean;
  #failures = 0;
  /** Milliseconds of the clock; undefined while the circuit is closed. */
  #openUntil: number | undefined;
  #isProbing = false;

  /**
   * @param isFailure whether an error says that the service does not work
   * @param now milliseconds of a monotonic clock
   */
  constructor(isFailure: (error: unknown) => boolean, now: () => number = () => performance.now()) {
    this.#isFailure = isFailure;
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#openUntil !== undefined;
  }

  /** @throws IamFailure `iam-circuit-open`; what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const isProbe = this.#enter();
    try {
      const result = await work();
      this.#close();
      return result;
    } catch (error) {
      if (this.#isFailure(error)) this.#fail(isProbe);
      else this.#close();
      throw error;
    } finally {
      if (isProbe) this.#isProbing = false;
    }
  }

  /** @returns whether the request is the probe */
  #enter(): boolean {
    if (this.#openUntil === undefined) return false;
    if (this.#isProbing || this.#now() < this.#openUntil) {
      throw new IamFailure('iam-circuit-open', `${this.#failures} checks in a row have failed`);
    }
    this.#isProbing = true;
    return true;
  }

  #close(): void {
    this.#failures = 0;
    this.#openUntil = undefined;
  }

  /** Work that began before the circuit opened and fails later does not prolong it. */
  #fail(isProbe: boolean): void {
    this.#failures += 1;
    const opens = this.#openUntil === undefined && this.#failures >= MAX_FAILURES;
    if (opens || isProbe) this.#openUntil = this.#now() + OPEN_MS;
  }
}
