// The provider under check: requests go out bounded in number, pace and time, and come back as evidence.
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { errorCodeOf } from '../judge/judge-body.ts';
import type { Exchange } from '../report/model.ts';
import { type Endpoint, exchange, NotConnected, type Received } from '../wire/exchange.ts';
import { type AnswerMessage, valuesOf } from '../wire/messages.ts';
import type { Mask } from './mask.ts';
import { printable } from './printable.ts';
import { type Addressee, type CaseRequest, commandLine, type WrittenRequest, writeRequest } from './request.ts';

/** A request, its answer, and the two as evidence. */
export interface Reply {
  readonly request: CaseRequest;
  readonly answer: AnswerMessage | undefined;
  /** Why there is no answer. */
  readonly failure: string | undefined;
  readonly exchange: Exchange;
}

/** What is kept of every answer: not its content, of which there may be a lot. */
export interface SeenAnswer extends Pick<AnswerMessage, 'status' | 'headers'> {
  readonly code: string | undefined;
}

/** A case could not be brought to its end; the message says why. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
}

export interface Bounds {
  readonly maxRequests: number;
  /** 0: as fast as it goes. */
  readonly requestsPerSecond: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const CONNECTIONS = 8;

/** A throttled request is sent again so many times. */
const MAX_RETRIES = 3;

/** So long a Retry-After is obeyed, for all requests together, in milliseconds. */
const MAX_WAIT_MS = 120_000;

/** So long a request that never ends is waited for, in milliseconds. */
const PATIENCE_MS = 65_000;

export class Provider {
  readonly #endpoint: Endpoint;
  readonly #to: Addressee;
  readonly #mask: Mask;
  readonly #bounds: Bounds;
  readonly #queue: PQueue;
  #requests = 0;
  #waitedMs = 0;
  #pause: Promise<void> | undefined;
  /** Why nothing more is sent. */
  #gaveUp: string | undefined;
  readonly #throttled: Reply[] = [];
  readonly #answers: SeenAnswer[] = [];

  constructor(baseUrl: URL, mask: Mask, bounds: Bounds) {
    const isTls = baseUrl.protocol === 'https:';
    this.#endpoint = {
      isTls,
      hostname: baseUrl.hostname.replace(/^\[|\]$/g, ''),
      port: Number(baseUrl.port) || (isTls ? 443 : 80),
    };
    this.#to = { origin: baseUrl.origin, host: baseUrl.host, basePath: baseUrl.pathname.replace(/\/+$/, '') };
    this.#mask = mask;
    this.#bounds = bounds;
    const { requestsPerSecond } = bounds;
    const pace = requestsPerSecond > 0 ? { interval: 1000 / requestsPerSecond, intervalCap: 1 } : {};
    this.#queue = new PQueue({ concurrency: CONNECTIONS, ...pace });
  }

  /** How many requests have been sent. */
  get requests(): number {
    return this.#requests;
  }

  /** How long a Retry-After was waited for, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Answers of 429 that nobody asked for. */
  get throttled(): readonly Reply[] {
    return this.#throttled;
  }

  /** All answers, in their order. */
  get answers(): readonly SeenAnswer[] {
    return this.#answers;
  }

  /**
   * Sends a request on a connection of its own. A 429 is waited for and the request sent again: the contract says that
   * nothing was changed by the first.
   * @throws Unfinished where the bounds are reached · AbortError
   */
  async send(request: CaseRequest): Promise<Reply> {
    for (let retries = 0; ; retries++) {
      const [reply] = await this.#onOneConnection([request]);
      if (reply === undefined) throw new TypeError('a request has one reply');
      if (reply.answer?.status !== 429) return reply;
      this.#throttled.push(reply);
      if (retries === MAX_RETRIES)
        throw new Unfinished('the provider answered 429 again and again; a lower --rate helps');
      await this.#obey(reply.answer);
    }
  }

  /** As `send`, and a 429 is an answer like any other. */
  async sendOnce(request: CaseRequest): Promise<Reply> {
    const [reply] = await this.#onOneConnection([request]);
    if (reply === undefined) throw new TypeError('a request has one reply');
    return reply;
  }

  /** Sends requests one after another on one connection; a 429 is an answer like any other. */
  async sendInTurn(requests: readonly CaseRequest[]): Promise<Reply[]> {
    return await this.#onOneConnection(requests);
  }

  /** Sends requests at the same moment, each on a connection of its own; a 429 is an answer like any other. */
  async sendTogether(requests: readonly CaseRequest[]): Promise<Reply[]> {
    let release = () => {};
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    let waiting = requests.length;
    const replies = requests.map((request) =>
      this.#queued(1, async () => {
        waiting -= 1;
        if (waiting === 0) release();
        await all;
        return await this.#exchange([request]);
      }),
    );
    return (await Promise.all(replies)).flat();
  }

  async #onOneConnection(requests: readonly CaseRequest[]): Promise<Reply[]> {
    return await this.#queued(requests.length, () => this.#exchange(requests));
  }

  async #queued<T>(count: number, task: () => Promise<T>): Promise<T> {
    this.#bounds.signal?.throwIfAborted();
    await this.#pause;
    if (this.#gaveUp !== undefined) throw new Unfinished(this.#gaveUp);
    if (this.#requests + count > this.#bounds.maxRequests) {
      throw new Unfinished(`the ${this.#bounds.maxRequests} requests that --max-requests allows are spent`);
    }
    this.#requests += count;
    return await this.#queue.add(task);
  }

  async #exchange(requests: readonly CaseRequest[]): Promise<Reply[]> {
    const written = requests.map((request, index) =>
      writeRequest(request, this.#to, index === requests.length - 1 ? 'close' : 'keep-alive'),
    );
    for (const { headers } of written) this.#mask.learn(headers.map(([, value]) => value).join('\n'));
    const isPatient = requests.some(({ isUnfinished }) => isUnfinished);
    const timeoutMs = isPatient ? Math.max(this.#bounds.timeoutMs, PATIENCE_MS) : this.#bounds.timeoutMs;
    const { signal } = this.#bounds;
    const received = await exchange(this.#endpoint, written, { timeoutMs, signal }).catch((error: unknown) => {
      if (!(error instanceof NotConnected)) throw error;
      const failure = `no connection could be made (${error.message})`;
      return written.map(() => ({ answer: undefined, failure, bytes: Buffer.alloc(0), milliseconds: 0 }));
    });
    return requests.map((request, index) => this.#reply(request, written[index], received[index]));
  }

  #reply(request: CaseRequest, written: WrittenRequest | undefined, received: Received | undefined): Reply {
    if (written === undefined || received === undefined) throw new TypeError('every request has its answer or failure');
    const { answer, failure, bytes, milliseconds } = received;
    if (answer !== undefined) {
      const { status, headers } = answer;
      this.#answers.push({ status, headers, code: errorCodeOf(answer) });
    }
    const isRaw = [request.hosts, request.brokenLines, request.isUnfinished].some((one) => one !== undefined);
    return {
      request,
      answer,
      failure,
      exchange: {
        sent: printable(written.bytes, this.#mask),
        received: bytes.length === 0 ? undefined : printable(bytes, this.#mask),
        curl: commandLine(written, isRaw, this.#to, this.#mask),
        milliseconds: Math.round(milliseconds),
      },
    };
  }

  /** Everybody waits: more requests would only make it longer. */
  async #obey(answer: AnswerMessage): Promise<void> {
    const seconds = Number(valuesOf(answer, 'Retry-After')[0] ?? 1);
    const ms = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 1000;
    if (this.#pause === undefined) {
      if (this.#waitedMs + ms > MAX_WAIT_MS) {
        this.#gaveUp = `the provider answered 429 and asks for ${Math.ceil(ms / 1000)} s of patience; the check waits ${MAX_WAIT_MS / 1000} s in all: a lower --rate helps`;
        throw new Unfinished(this.#gaveUp);
      }
      this.#waitedMs += ms;
      const { signal } = this.#bounds;
      this.#pause = sleep(ms, undefined, signal && { signal }).finally(() => {
        this.#pause = undefined;
      });
    }
    await this.#pause;
  }
}
