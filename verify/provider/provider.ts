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

/** So many requests in a row without an answer, and no more are sent: nobody is there who could be judged. */
const MAX_UNANSWERED = 16;

const INTERRUPTED = 'the check was interrupted';

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
  #stopped: string | undefined;
  /** Refuses what waits for its turn. */
  readonly #waiting = new Set<(why: string) => void>();
  /** How many requests have been promised a turn. */
  #reserved = 0;
  /** In a row, up to now. */
  #unanswered = 0;
  /** Why the last attempt to connect failed. */
  #lost: string | undefined;
  #firstThrottled: Reply | undefined;
  #throttledTimes = 0;
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
    bounds.signal?.addEventListener('abort', () => this.#stop(INTERRUPTED), { once: true });
    if (bounds.signal?.aborted) this.#stop(INTERRUPTED);
  }

  /** How many requests have been sent. */
  get requests(): number {
    return this.#requests;
  }

  /** How long a Retry-After was waited for, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** The first 429 that nobody asked for. */
  get firstThrottled(): Reply | undefined {
    return this.#firstThrottled;
  }

  /** How often it was answered 429 where nobody asked for it. */
  get throttledTimes(): number {
    return this.#throttledTimes;
  }

  /** Why the provider cannot be reached any more, by the last attempt; undefined where it can. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Why nothing more is sent; undefined where the check goes on. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  /** All answers, in their order. */
  get answers(): readonly SeenAnswer[] {
    return this.#answers;
  }

  /**
   * Sends a request on a connection of its own. A 429 is waited for and the request sent again: the contract says that
   * nothing was changed by the first.
   * @throws Unfinished where the bounds are reached, the provider cannot be, or the check is interrupted
   */
  async send(request: CaseRequest): Promise<Reply> {
    for (let retries = 0; ; retries++) {
      const [reply] = await this.#onOneConnection([request], retries);
      if (reply === undefined) throw new TypeError('a request has one reply');
      if (reply.answer?.status !== 429) return reply;
      this.#firstThrottled ??= reply;
      this.#throttledTimes += 1;
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
    const all = () => Promise.all(requests.map((request) => this.#exchange([request])));
    return (await this.#queued(requests.length, all)).flat();
  }

  async #onOneConnection(requests: readonly CaseRequest[], priority = 0): Promise<Reply[]> {
    return await this.#queued(requests.length, () => this.#exchange(requests), priority);
  }

  /** @param count of the requests that the task sends @param priority of what is sent again: it has waited before */
  async #queued<T>(count: number, task: () => Promise<T>, priority = 0): Promise<T> {
    if (this.#reserved + count > this.#bounds.maxRequests) {
      throw new Unfinished(
        this.stopped ?? `the ${this.#bounds.maxRequests} requests that --max-requests allows are spent`,
      );
    }
    this.#reserved += count;
    // Each request has a turn of its own at the pace.
    for (let turn = 1; turn < count; turn++) await this.#inTurn(async () => undefined, priority);
    const counted = () => {
      this.#requests += count;
      return task();
    };
    return await this.#inTurn(counted, priority);
  }

  /** @throws Unfinished at once where the check stops: at a slow pace the turn would be long in coming */
  #inTurn<T>(task: () => Promise<T>, priority: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string) => reject(new Unfinished(why));
      if (this.stopped !== undefined) return refuse(this.stopped);
      this.#waiting.add(refuse);
      const begin = () => {
        this.#waiting.delete(refuse);
        return task();
      };
      this.#queue.add(begin, { priority }).then(resolve, reject);
    });
  }

  #stop(why: string): void {
    this.#stopped ??= why;
    this.#queue.clear();
    for (const refuse of this.#waiting) refuse(this.#stopped);
    this.#waiting.clear();
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
      if (signal?.aborted) throw new Unfinished(INTERRUPTED);
      if (!(error instanceof NotConnected)) throw error;
      throw this.#unreachable(error.message);
    });
    this.#lost = undefined;
    if (!isPatient) for (const { failure } of received) this.#count(failure);
    return requests.map((request, index) => this.#reply(request, written[index], received[index]));
  }

  /** No answer of the provider, and so none that could break the contract. */
  #unreachable(why: string): Unfinished {
    this.#lost = `no connection could be made (${why})`;
    this.#count(this.#lost);
    return new Unfinished(this.#lost);
  }

  #count(failure: string | undefined): void {
    this.#unanswered = failure === undefined ? 0 : this.#unanswered + 1;
    if (this.#unanswered < MAX_UNANSWERED) return;
    this.#stop(`the check gave up: ${MAX_UNANSWERED} requests in a row had no answer (the last: ${failure})`);
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
        const why = `the provider answered 429 and asks for ${Math.ceil(ms / 1000)} s of patience; the check waits ${MAX_WAIT_MS / 1000} s in all: a lower --rate helps`;
        this.#stop(why);
        throw new Unfinished(why);
      }
      this.#waitedMs += ms;
      const { signal } = this.#bounds;
      this.#queue.pause();
      const pause = sleep(ms, undefined, signal && { signal }).catch(() => undefined);
      this.#pause = pause.then(() => {
        this.#pause = undefined;
        this.#queue.start();
      });
    }
    await this.#pause;
  }
}
