// What is recorded of a message while it passes.
import type { HeaderLine } from '../../wire/messages.ts';

/** Keeps content up to a bound. Beyond it, bytes are only counted. */
export class Content {
  readonly #limit: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(bytes: Buffer): void {
    // A copy: the chunk is a view of a larger buffer, which would otherwise stay in memory.
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
  /** The head as it was sent, or the part of it that arrived. */
  readonly head: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  readonly content: Content;
  /** Why it is not an HTTP request; undefined if it is one. */
  broken: string | undefined;
  /** Milliseconds, from `performance.now`. */
  readonly sentAt: number;
  /** Whether it was the first on its connection. */
  readonly isFirst: boolean;
}

export interface ReceivedAnswer {
  readonly head: string;
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly content: Content;
  readonly stray: Content;
  /** Why it is not an HTTP answer, or how it broke off; undefined if it is complete. */
  broken: string | undefined;
  readonly receivedAt: number;
}

/**
 * Which side ended a connection. `both`: the consumer ended its half, then the provider. `unreached`: there was no
 * connection to the provider. `proxy`: too many answers were due.
 */
export type Closer = 'provider' | 'both' | 'consumer' | 'unreached' | 'proxy';

/** A request and its answer. */
export interface Recorded {
  /** Undefined if the answer came without a request. */
  readonly request: SentRequest | undefined;
  /** Undefined if none came. */
  readonly answer: ReceivedAnswer | undefined;
  /** The side that closed the connection while an answer was due. */
  readonly closedBy?: Closer;
}
