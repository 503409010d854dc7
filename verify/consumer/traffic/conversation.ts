// One connection: pairs each answer with its request.
import { type Framing, framingOfAnswer, framingOfRequest, type Head, statusOf } from '../../wire/framing.ts';
import { MessageReader, type Receiver } from '../../wire/message-reader.ts';
import { type Closer, Content, type ReceivedAnswer, type Recorded, type SentRequest } from './recording.ts';
import type { Onlooker } from './tunnel.ts';

const MAX_REQUEST_CONTENT_BYTES = 64 * 1024;
/** Max bytes of content that are kept; longer content is not judged, since truncated JSON is not JSON. */
const MAX_ANSWER_CONTENT_BYTES = 1024 * 1024;
const MAX_STRAY_BYTES = 64 * 1024;
/** Max requests waiting for answers on one connection. Beyond that it is still passed on, but no longer judged. */
const MAX_WAITING = 200;

/**
 * Pairs the requests and answers of a connection. An exchange is reported when it is final: when the next answer begins
 * or the connection ends. Bytes after the end of an answer belong to that answer.
 */
export class Conversation implements Onlooker {
  readonly #tell: (recorded: Recorded) => void;
  readonly #requests: MessageReader;
  readonly #answers: MessageReader;
  readonly #waiting: SentRequest[] = [];
  #lastRequest: SentRequest | undefined;
  #last: { readonly request: SentRequest | undefined; readonly answer: ReceivedAnswer } | undefined;
  #hasEnded = false;

  constructor(tell: (recorded: Recorded) => void) {
    this.#tell = tell;
    this.#requests = new MessageReader(this.#requestReceiver());
    this.#answers = new MessageReader(this.#answerReceiver(), 'HTTP/');
  }

  /** Whether a request waits for its answer or for the rest of it. */
  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#requests.isWithin || this.#answers.isWithin;
  }

  sent(bytes: Buffer): void {
    if (this.#waiting.length > MAX_WAITING) this.#giveUp();
    if (!this.#hasEnded) this.#requests.push(bytes);
  }

  received(bytes: Buffer): void {
    if (!this.#hasEnded) this.#answers.push(bytes);
  }

  /** The connection has ended, or the provider's half of it. */
  end(closedBy: Closer): void {
    if (this.#hasEnded) return;
    const isProvidersEnd = closedBy === 'provider' || closedBy === 'both';
    if (this.#answers.end(isProvidersEnd) !== undefined) this.#cutOff(isProvidersEnd, closedBy);
    this.#hasEnded = true;
    this.#flush();
    this.#leaveUnanswered(closedBy);
  }

  /** Too many requests are waiting: the connection is still passed on, but no longer judged. */
  #giveUp(): void {
    this.#hasEnded = true;
    this.#flush();
    this.#leaveUnanswered('proxy');
  }

  /** A truncated answer is the provider's fault, unless the consumer closed: a consumer may leave at any time. */
  #cutOff(isProvidersEnd: boolean, closedBy: Closer): void {
    const last = this.#last;
    if (last === undefined) return;
    if (isProvidersEnd) last.answer.broken ??= 'the connection ended before the answer did';
    else {
      this.#last = undefined;
      this.#tell({ request: last.request, answer: undefined, closedBy });
    }
  }

  #leaveUnanswered(closedBy: Closer): void {
    for (const request of this.#waiting.splice(0)) this.#tell({ request, answer: undefined, closedBy });
  }

  #flush(): void {
    if (this.#last !== undefined) this.#tell(this.#last);
    this.#last = undefined;
  }

  #requestReceiver(): Receiver {
    return {
      head: (head) => this.#startRequest(head),
      content: (bytes) => this.#lastRequest?.content.add(bytes),
      end: () => undefined,
      stray: () => undefined,
      broken: (reason, head) => this.#breakRequest(reason, head),
    };
  }

  #startRequest(head: Head): Framing | string {
    const [, method = '', target = ''] = /^(\S+) (\S+) HTTP\/1\.[01]$/.exec(head.startLine) ?? [];
    if (method === '') return 'its first line is not an HTTP/1.1 request line';
    const framing = framingOfRequest(head);
    if (typeof framing === 'string') return framing;
    this.#await({ ...head, head: head.text, method, target, broken: undefined });
    return framing;
  }

  #breakRequest(reason: string, head: string | undefined): void {
    if (head !== undefined) this.#await({ head, method: '', target: '', headers: [], broken: reason });
    else if (this.#lastRequest !== undefined) this.#lastRequest.broken ??= reason;
  }

  #await(parts: Pick<SentRequest, 'head' | 'method' | 'target' | 'headers' | 'broken'>): SentRequest {
    const { head, method, target, headers, broken } = parts;
    const isFirst = this.#lastRequest === undefined;
    const content = new Content(MAX_REQUEST_CONTENT_BYTES);
    const request = { head, method, target, headers, broken, content, isFirst, sentAt: performance.now() };
    this.#waiting.push(request);
    this.#lastRequest = request;
    return request;
  }

  #answerReceiver(): Receiver {
    return {
      head: (head) => this.#startAnswer(head),
      content: (bytes) => this.#last?.answer.content.add(bytes),
      end: () => undefined,
      stray: (bytes) => this.#addStray(bytes),
      broken: (reason, head) => this.#breakAnswer(reason, head),
    };
  }

  #startAnswer(head: Head): Framing | string {
    const status = statusOf(head.startLine);
    if (status === undefined) return `the status line is ${JSON.stringify(head.startLine)}`;
    // RFC 9110, 15.2: interim (1xx) answers come before the final one.
    if (status < 200 && status !== 101) return framingOfAnswer(head, status, '');
    const framing = framingOfAnswer(head, status, this.#waiting[0]?.method ?? '');
    if (typeof framing !== 'string') this.#startLast({ ...head, head: head.text, status, broken: undefined });
    return framing;
  }

  /** The request that an answer is for. A request that is not complete yet may be answered early. */
  #nextRequest(): SentRequest | undefined {
    const waiting = this.#waiting.shift();
    const { unfinishedHead } = this.#requests;
    if (waiting !== undefined || unfinishedHead === '') return waiting;
    const parts = { method: '', target: '', headers: [], broken: 'it was answered before its head was complete' };
    this.#await({ ...parts, head: unfinishedHead });
    return this.#waiting.shift();
  }

  #startLast({ head, status, headers, broken }: Pick<ReceivedAnswer, 'head' | 'status' | 'headers' | 'broken'>): void {
    const request = this.#nextRequest();
    this.#flush();
    const [content, stray] = [new Content(MAX_ANSWER_CONTENT_BYTES), new Content(MAX_STRAY_BYTES)];
    this.#last = { request, answer: { head, status, headers, content, stray, broken, receivedAt: performance.now() } };
  }

  #addStray(bytes: Buffer): void {
    if (this.#last === undefined)
      this.#breakAnswer('it does not begin with HTTP/1.1', bytes.toString('latin1', 0, 1_000));
    else this.#last.answer.stray.add(bytes);
  }

  #breakAnswer(reason: string, head: string | undefined): void {
    if (head !== undefined) this.#startLast({ head, status: 0, headers: [], broken: reason });
    else if (this.#last !== undefined) this.#last.answer.broken ??= reason;
  }
}
