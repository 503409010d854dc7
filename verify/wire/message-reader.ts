// Reads the messages in one direction of a connection, by RFC 9112. Own code, because HTTP clients hide what is
// judged here, such as bytes after a 204.
import { type Framing, type Head, hasBareLineFeed, headEndOf, parseHead } from './framing.ts';

/** What a reader reports, in the order of the wire. */
export interface Receiver {
  /** A head is there. @returns what follows it, or what is wrong with it */
  head(head: Head): Framing | string;
  /** Content of the message, decoded from chunks. */
  content(bytes: Buffer): void;
  end(): void;
  /** Bytes where a message should begin. */
  stray(bytes: Buffer): void;
  /**
   * This is not HTTP/1.1; nothing more is reported.
   * @param head the part of the head that arrived; undefined if the content of a message breaks off
   */
  broken(reason: string, head?: string): void;
}

const NONE: Buffer = Buffer.alloc(0);
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 8 * 1024;

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close' | 'opaque';

const STATE_AFTER_HEAD = { chunked: 'chunk-size', 'until-close': 'until-close', tunnel: 'opaque' } as const;

export class MessageReader {
  readonly #receiver: Receiver;
  /** The text that every message begins with; empty if a message may begin with anything. */
  readonly #beginning: string;
  #state: State = 'head';
  #pending: Buffer = NONE;
  #bytesLeft = 0;
  /** Of the content or the chunk that is read. */
  #length = 0;
  /** A message has just ended. */
  #isAtEnd = false;

  constructor(receiver: Receiver, beginning = '') {
    this.#receiver = receiver;
    this.#beginning = beginning;
  }

  /** Whether a message has begun and is not complete. */
  get isWithin(): boolean {
    return this.#state === 'opaque' ? false : this.#state !== 'head' || this.#pending.length > 0;
  }

  push(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) rest = this.pushOne(rest);
  }

  /** Reads to the end of one message at most. @returns the bytes behind it */
  pushOne(bytes: Buffer): Buffer {
    this.#isAtEnd = false;
    let rest = bytes;
    while (rest.length > 0 && !this.#isAtEnd) rest = this.#step(rest);
    return rest;
  }

  /**
   * Nothing more will come.
   * @param isSendersEnd the sender said so: then a message without a length is complete
   * @returns what was cut off; undefined if no message was
   */
  end(isSendersEnd: boolean): string | undefined {
    const isWhole = !this.isWithin || (this.#state === 'until-close' && isSendersEnd);
    const cut = isWhole ? undefined : this.#cutOff();
    if (this.#state === 'until-close') this.#receiver.end();
    this.#state = 'opaque';
    return cut;
  }

  #cutOff(): string {
    if (this.#state === 'head') return 'the connection ended before the header section did';
    if (this.#state === 'length') {
      return `the connection ended after ${this.#length - this.#bytesLeft} of ${this.#length} bytes of content`;
    }
    return this.#state === 'until-close' ? 'the connection broke off' : 'the connection ended within a chunk';
  }

  /** The received part of an incomplete head. */
  get unfinishedHead(): string {
    return this.#state === 'head' ? this.#pending.toString('latin1') : '';
  }

  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'length':
      case 'chunk':
        return this.#readContent(bytes);
      case 'chunk-size':
        return this.#readLine(bytes, (line) => this.#startChunk(line));
      case 'chunk-end':
        return this.#readLine(bytes, (line) => this.#endChunk(line));
      case 'trailers':
        return this.#readLine(bytes, (line) => line === '' && this.#finish());
      case 'until-close':
        this.#receiver.content(bytes);
        return NONE;
      case 'opaque':
        return NONE;
    }
  }

  #readHead(bytes: Buffer): Buffer {
    const all = this.#take(bytes);
    const stray = this.#strayBytes(all);
    if (stray > 0) {
      this.#receiver.stray(all.subarray(0, stray));
      return all.subarray(stray);
    }
    // RFC 9112, 2.2: empty lines before a request line are skipped.
    const start = this.#beginning === '' ? countLineEnds(all) : 0;
    const text = all.toString('latin1', start, start + MAX_HEAD_BYTES);
    const end = headEndOf(text);
    if (end !== undefined) {
      // Decoded again, because a substring keeps the whole string in memory.
      this.#startMessage(all.toString('latin1', start, start + end.next), end.at);
      return all.subarray(start + end.next);
    }
    if (all.length - start >= MAX_HEAD_BYTES) this.#break(`its head is larger than ${MAX_HEAD_BYTES} bytes`, text);
    else this.#pending = all.subarray(start);
    return NONE;
  }

  /** How many bytes come before what could be the beginning of a message. */
  #strayBytes(all: Buffer): number {
    const beginning = Buffer.from(this.#beginning);
    if (all.subarray(0, beginning.length).equals(beginning.subarray(0, all.length))) return 0;
    const next = all.indexOf(beginning);
    return next === -1 ? all.length : next;
  }

  #startMessage(whole: string, end: number): void {
    const text = whole.slice(0, end);
    // In requests a provider may accept it: its answer shows.
    const isRefused = this.#beginning !== '' && hasBareLineFeed(whole);
    const head = isRefused ? 'a line of its head ends with LF alone' : parseHead(text);
    const framing = typeof head === 'string' ? head : this.#receiver.head(head);
    if (typeof framing === 'string') this.#break(framing, text);
    else if (framing.kind !== 'length') this.#state = STATE_AFTER_HEAD[framing.kind];
    else if (framing.bytes === 0) this.#finish();
    else this.#expect('length', framing.bytes);
  }

  #expect(state: 'length' | 'chunk', bytes: number): void {
    this.#state = state;
    this.#length = bytes;
    this.#bytesLeft = bytes;
  }

  #readContent(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.#bytesLeft);
    this.#bytesLeft -= taken.length;
    this.#receiver.content(taken);
    if (this.#bytesLeft === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end';
      else this.#finish();
    }
    return bytes.subarray(taken.length);
  }

  #endChunk(line: string): void {
    if (line === '') this.#state = 'chunk-size';
    else this.#break('a chunk is longer than its size');
  }

  /** RFC 9112, 7.1. */
  #startChunk(line: string): void {
    const [, size] = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/.exec(line) ?? [];
    if (size === undefined) this.#break('the size of a chunk is not a hexadecimal number');
    else if (Number.parseInt(size, 16) === 0) this.#state = 'trailers';
    else this.#expect('chunk', Number.parseInt(size, 16));
  }

  #readLine(bytes: Buffer, use: (line: string) => void): Buffer {
    const all = this.#take(bytes);
    const end = all.indexOf('\n');
    if (end !== -1) {
      const line = all.toString('latin1', 0, end);
      if (line.endsWith('\r')) use(line.slice(0, -1));
      else this.#break('a line of its chunks ends with LF alone');
      return all.subarray(end + 1);
    }
    if (all.length > MAX_LINE_BYTES) this.#break(`a line of its chunks is longer than ${MAX_LINE_BYTES} bytes`);
    else this.#pending = all;
    return NONE;
  }

  #take(bytes: Buffer): Buffer {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = NONE;
    return all;
  }

  #finish(): void {
    this.#state = 'head';
    this.#isAtEnd = true;
    this.#receiver.end();
  }

  #break(reason: string, head?: string): void {
    this.#state = 'opaque';
    this.#pending = NONE;
    this.#receiver.broken(reason, head);
  }
}

function countLineEnds(bytes: Buffer): number {
  let count = 0;
  while (bytes[count] === 0x0d || bytes[count] === 0x0a) count++;
  return count;
}
