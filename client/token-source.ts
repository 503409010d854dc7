import { unlessAborted } from './answer.ts';
import { TagDeleteError } from './errors/errors.ts';

/** Gives the token to send. It is called before the first request, and again after a 401. */
export type TokenFunction = () => string | Promise<string>;

/** Min milliseconds between two renewals: a token that was just renewed and is refused again is not the problem. */
const RENEW_AGAIN_MS = 10_000;

/** Keeps the token that a function gave until a provider refuses it. */
export class TokenSource {
  readonly #ask: TokenFunction;
  #current: { readonly asked: Promise<string>; token?: string } | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(ask: TokenFunction) {
    this.#ask = ask;
  }

  /**
   * The token. Calls at the same time share one call of the function.
   * @param signal of the try; it ends the waiting
   * @throws TagDeleteError if the function fails, gives no token, or is not done in time; no token is quoted
   */
  async token(signal: AbortSignal): Promise<string> {
    this.#current ??= this.#askOnce();
    const current = this.#current;
    try {
      return await unlessAborted(current.asked, signal);
    } catch (cause) {
      // The next call asks again, unless others still wait for this one.
      if (!signal.aborted || isTimeout(signal.reason)) this.#forget(current);
      const what = signal.aborted ? 'not in time' : ((cause as Error | undefined)?.message ?? String(cause));
      throw new TagDeleteError(`no token: ${what}`, { cause });
    }
  }

  /**
   * Takes note of a token that was answered 401.
   * @returns whether it is worth trying again, with another token
   */
  refuse(token: string): boolean {
    const current = this.#current;
    if (current === undefined || current.token !== token) return true;
    if (performance.now() - this.#renewedAt < RENEW_AGAIN_MS) return false;
    this.#renewedAt = performance.now();
    this.#forget(current);
    return true;
  }

  #askOnce(): { readonly asked: Promise<string>; token?: string } {
    const ask = this.#ask;
    const asked = (async () => ask())().then((token) => {
      checkHeaderValue(token, 'the token');
      current.token = token;
      return token;
    });
    const current: { readonly asked: Promise<string>; token?: string } = { asked };
    return current;
  }

  #forget(current: object): void {
    if (this.#current === current) this.#current = undefined;
  }
}

/** @throws TypeError if no header can carry the value, which is not quoted */
export function checkHeaderValue(value: unknown, what: string): asserts value is string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${what} is missing`);
  if (!/^[\x21-\x7e]+$/.test(value)) throw new TypeError(`${what} holds a character that no header can carry`);
}

function isTimeout(reason: unknown): boolean {
  return (Object(reason) as Partial<Error>).name === 'TimeoutError';
}
