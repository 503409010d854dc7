// Signatures are dated, and the provider's clock decides: if this machine's clock is wrong, the provider is not at fault.
import { valuesOf } from '../../wire/messages.ts';
import type { Reply } from './evidence.ts';

/** A smaller difference does no harm, and may be the time that an answer takes, in seconds. */
const TOLERANCE_SECONDS = 30;

/** The provider's clock, as far as it has told of it. */
export class ProviderClock {
  #offsetMs = 0;

  /** Now, in milliseconds. */
  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Takes the time from an answer (RFC 9110, 6.6.1). @returns whether it is another than was thought */
  learn({ answer }: Reply): boolean {
    const date = Date.parse((answer && valuesOf(answer, 'Date')[0]) ?? '');
    const offsetMs = date - Date.now();
    if (Number.isNaN(date) || Math.abs(offsetMs) <= TOLERANCE_SECONDS * 1000) return false;
    this.#offsetMs = offsetMs;
    return true;
  }

  /** How this machine's clock differs, for the partner; undefined if it does not. */
  get note(): string | undefined {
    if (this.#offsetMs === 0) return undefined;
    const seconds = Math.round(Math.abs(this.#offsetMs) / 1000);
    const way = this.#offsetMs < 0 ? 'ahead of' : 'behind';
    return `This machine’s clock is ${seconds} s ${way} the provider’s: what the check signs is dated by the provider’s.`;
  }
}
