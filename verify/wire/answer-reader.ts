import type { Socket } from 'node:net';
import type { Received } from './exchange.ts';
import { MalformedAnswer, parseAnswer } from './parse-answer.ts';

/** The longest answer that is read, in bytes. */
const MAX_ANSWER = 1024 * 1024;
const TOO_LONG = `the answer is longer than ${MAX_ANSWER} bytes`;

/** How every answer begins. */
const STATUS_LINE = 'HTTP/1.';

/** Takes answers from a connection, in their order. */
export class AnswerReader {
  readonly #timeoutMs: number;
  #pending: Buffer = Buffer.alloc(0);
  #stray: Buffer = Buffer.alloc(0);
  #answers = 0;
  /** Why no more bytes will come. */
  #end: string | undefined;
  #wake: () => void = () => undefined;

  /** @param timeoutMs for each answer, from its request on */
  constructor(socket: Socket, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    socket.on('data', (bytes: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, bytes]);
      // Nobody looks at more: what is left stays with the sender.
      if (this.#pending.length > MAX_ANSWER) {
        socket.pause();
        this.#finish(TOO_LONG);
      }
      this.#wake();
    });
    // A provider may answer and close while a large request is still on its way: what it said counts.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => this.#finish(`the connection broke off (${code})`));
    socket.on('end', () => this.#finish('the connection was closed without an answer'));
    socket.on('close', () => this.#finish('the connection was closed without an answer'));
  }

  /** The next answer, to a request that has just been sent. @param method of the request */
  async next(method: string): Promise<Received> {
    const since = performance.now();
    for (;;) {
      this.#cutStray();
      const { failure, parsed } = this.#parse(method);
      const milliseconds = performance.now() - since;
      if (parsed !== undefined) {
        const bytes = this.#pending.subarray(0, parsed.end);
        this.#pending = this.#pending.subarray(parsed.end);
        this.#answers += 1;
        return { answer: parsed.answer, failure: undefined, bytes, milliseconds };
      }
      const left = this.#timeoutMs - milliseconds;
      const reason = failure ?? (left <= 0 ? `no complete answer came within ${this.#timeoutMs} ms` : undefined);
      if (reason !== undefined) return this.#failed(reason, milliseconds);
      await this.#change(left);
    }
  }

  /** What stood between the answer before the last one and the last one. */
  strayBefore(): Buffer {
    const stray = this.#stray;
    this.#stray = Buffer.alloc(0);
    return stray;
  }

  /** What follows the last answer until the connection ends. @param waitMs so long at most */
  async rest(waitMs: number): Promise<Buffer> {
    const until = performance.now() + waitMs;
    for (let left = waitMs; left > 0 && this.#end === undefined; left = until - performance.now()) {
      await this.#change(left);
    }
    return this.#pending;
  }

  #parse(method: string) {
    try {
      if (this.#pending.length > MAX_ANSWER) return { failure: TOO_LONG };
      if (this.#pending.length === 0 || this.#isStray()) return { failure: this.#end };
      return { parsed: parseAnswer(this.#pending, method, this.#end !== undefined) };
    } catch (error) {
      if (error instanceof MalformedAnswer) return { failure: error.message };
      throw error;
    }
  }

  /** What is left behind an answer, and does not look like another one. */
  #isStray(): boolean {
    const begin = this.#pending.toString('latin1', 0, STATUS_LINE.length);
    return this.#answers > 0 && !STATUS_LINE.startsWith(begin);
  }

  #failed(failure: string, milliseconds: number): Received {
    const isStray = this.#isStray();
    if (isStray) this.#stray = this.#pending;
    return { answer: undefined, failure, bytes: isStray ? Buffer.alloc(0) : this.#pending, milliseconds };
  }

  /** An answer begins with its status line: what stands before that belongs to none. */
  #cutStray(): void {
    const begin = this.#pending.indexOf(STATUS_LINE);
    if (begin <= 0 || this.#answers === 0) return;
    this.#stray = Buffer.concat([this.#stray, this.#pending.subarray(0, begin)]);
    this.#pending = this.#pending.subarray(begin);
  }

  #finish(reason: string): void {
    this.#end ??= reason;
    this.#wake();
  }

  /** Resolves with the next bytes, with the end of the connection, or after so many milliseconds. */
  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
