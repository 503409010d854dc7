// Reads answers from a connection, in order.
import type { Socket } from 'node:net';
import { type Framing, framingOfAnswer, type Head, statusOf } from './framing.ts';
import { MessageReader } from './message-reader.ts';
import type { HeaderLine, Received } from './messages.ts';

/** The longest answer that is read, in bytes. */
const MAX_ANSWER = 1024 * 1024;
const TOO_LONG = `the answer is longer than ${MAX_ANSWER} bytes`;
const CLOSED = 'the connection was closed without an answer';

/** An answer that is still arriving. */
interface Arriving {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly content: Buffer[];
}

export class AnswerReader {
  readonly #timeoutMs: number;
  readonly #reader = new MessageReader(
    {
      head: (head) => this.#startAnswer(head),
      content: (bytes) => void this.#arriving?.content.push(bytes),
      end: () => {
        this.#isComplete = this.#arriving !== undefined;
      },
      stray: (bytes) => this.#addStray(bytes),
      broken: (reason) => this.#fail(reason),
    },
    'HTTP/',
  );
  /** Of the request that is answered. */
  #method = '';
  /** Received bytes that have not been parsed. */
  #unread: Buffer = Buffer.alloc(0);
  /** The bytes of the answer that arrives. */
  #bytes: Buffer[] = [];
  #arriving: Arriving | undefined;
  #isComplete = false;
  #hasAnswered = false;
  #stray: Buffer[] = [];
  /** Why the received bytes are not an answer. */
  #failure: string | undefined;
  /** Why no more bytes will come. */
  #end: string | undefined;
  #wake: () => void = () => undefined;

  /** @param timeoutMs for each answer, from its request on */
  constructor(socket: Socket, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    socket.on('data', (bytes: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, bytes]);
      // Nothing is read beyond this: the rest stays with the sender.
      if (this.#unread.length + sizeOf(this.#bytes) > MAX_ANSWER) {
        socket.pause();
        this.#fail(TOO_LONG);
      }
      this.#wake();
    });
    // A provider may answer and close while a large request is still being sent: its answer counts.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => this.#finish(`the connection broke off (${code})`));
    socket.on('end', () => this.#finish(CLOSED));
    socket.on('close', () => this.#finish(CLOSED));
  }

  /** The next answer, to a request that has just been sent. @param method of the request */
  async next(method: string): Promise<Received> {
    this.#method = method;
    const since = performance.now();
    for (;;) {
      this.#read();
      const milliseconds = performance.now() - since;
      if (this.#isComplete) return { ...this.#taken(), failure: undefined, milliseconds };
      const left = this.#timeoutMs - milliseconds;
      const reason = this.#failure ?? (left <= 0 ? `no complete answer came within ${this.#timeoutMs} ms` : undefined);
      if (reason !== undefined) {
        const bytes = Buffer.concat([...this.#bytes, ...(this.#failure === TOO_LONG ? [this.#unread] : [])]);
        return { answer: undefined, failure: reason, bytes, milliseconds };
      }
      await this.#change(left);
    }
  }

  /** The bytes between the last two answers. */
  strayBefore(): Buffer {
    return Buffer.concat(this.#stray.splice(0));
  }

  /** What follows the last answer until the connection ends. @param waitMs the longest wait */
  async rest(waitMs: number): Promise<Buffer> {
    const until = performance.now() + waitMs;
    for (let left = waitMs; left > 0 && this.#end === undefined && this.#failure === undefined; ) {
      await this.#change(left);
      left = until - performance.now();
    }
    return this.#unread;
  }

  #read(): void {
    while (this.#failure === undefined && !this.#isComplete && this.#unread.length > 0) {
      const [before, strayBefore] = [this.#unread, sizeOf(this.#stray)];
      this.#unread = this.#reader.pushOne(before);
      const end = before.length - this.#unread.length;
      this.#bytes.push(before.subarray(sizeOf(this.#stray) - strayBefore, end));
    }
    if (this.#end === undefined || this.#isComplete || this.#failure !== undefined) return;
    const cut = this.#reader.end(true);
    if (!this.#isComplete) this.#fail(cut ?? this.#end);
  }

  #startAnswer(head: Head): Framing | string {
    const status = statusOf(head.startLine);
    if (status === undefined) return `the status line is ${JSON.stringify(head.startLine)}`;
    const framing = framingOfAnswer(head, status, this.#method);
    // RFC 9110, 15.2: interim (1xx) answers come before the final one.
    if (status >= 200 || status === 101) this.#arriving = { status, headers: head.headers, content: [] };
    return typeof framing !== 'string' && framing.kind === 'tunnel' ? { kind: 'until-close' } : framing;
  }

  #taken(): Pick<Received, 'answer' | 'bytes'> {
    const { status = 0, headers = [], content = [] } = this.#arriving ?? {};
    const bytes = Buffer.concat(this.#bytes.splice(0));
    this.#arriving = undefined;
    this.#isComplete = false;
    this.#hasAnswered = true;
    return { answer: { status, headers, body: Buffer.concat(content) }, bytes };
  }

  /** An answer begins with its status line: bytes before that belong to the previous answer. */
  #addStray(bytes: Buffer): void {
    if (this.#hasAnswered) this.#stray.push(bytes);
    else this.#fail('what arrived does not begin with HTTP/1.1');
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
  }

  #finish(reason: string): void {
    this.#end ??= reason;
    this.#wake();
  }

  /** Resolves at the next bytes, at the end of the connection, or after the given milliseconds. */
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

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0);
