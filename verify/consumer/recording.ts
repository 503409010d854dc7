// What is kept of a message while it passes.
import type { HeaderLine } from '../wire/messages.ts';

/** Content that is kept up to a bound; beyond it, it is counted. */
export class Content {
  readonly #limit: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(bytes: Buffer): void {
    // A copy: what passes is a part of a larger buffer, which would be kept with it.
    const kept = Buffer.from(bytes.subarray(0, this.#limit - this.#keptBytes));
    if (kept.length > 0) this.#kept.push(kept);
    this.#keptBytes += kept.length;
    this.bytes += bytes.length;
  }

  get isCut(): boolean {
    return this.bytes > this.#keptBytes;
  }

  get kept(): Buffer {
    if (this.#kept.length > 1) this.#kept = [Buffer.concat(this.#kept)];
    return this.#kept[0] ?? Buffer.alloc(0);
  }
}

export interface SentRequest {
  /** The head as it was sent, or what there was of one. */
  readonly head: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  readonly content: Content;
  /** Why it is no HTTP request; undefined where it is one. */
  broken: string | undefined;
  /** Milliseconds, as `performance.now` has them. */
  readonly sentAt: number;
  /** It was the first on its connection. */
  readonly isFirst: boolean;
}

export interface ReceivedAnswer {
  readonly head: string;
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly content: Content;
  readonly stray: Content;
  /** Why it is no HTTP answer, or how it ended before its end; undefined where it is whole. */
  broken: string | undefined;
  readonly receivedAt: number;
}

/** Who ended a connection; `both`: the consumer its half, then the provider. The proxy, where there is no provider. */
export type Closer = 'provider' | 'both' | 'consumer' | 'proxy';

/** A request and what became of it. */
export interface Recorded {
  /** Undefined where an answer came that nothing asked for. */
  readonly request: SentRequest | undefined;
  /** Undefined where none came. */
  readonly answer: ReceivedAnswer | undefined;
  /** Who closed a connection on which an answer was due. */
  readonly closedBy?: Closer;
}
