// The provider under check: requests go out bounded in number, pace and time, and come back as evidence.
import type { Mask } from '../../evidence/fixture-secrets.ts';
import { type Endpoint, endpointOf, exchange, NotConnected } from '../../wire/exchange.ts';
import type { Received } from '../../wire/messages.ts';
import { Deadline } from './deadline.ts';
import { type Reply, replyOf, type SeenAnswer, seenOf } from './evidence.ts';
import { Front } from './front.ts';
import { type Addressee, addresseeOf, type CaseRequest, type WrittenRequest, writeRequest } from './request.ts';
import { INTERRUPTED, type TurnBounds, Turns, Unfinished } from './turns.ts';
import { Silence } from './unanswered.ts';

export interface ProviderOptions extends TurnBounds {
  readonly baseUrl: URL;
  readonly mask: Mask;
  /** For an answer, until a request is never answered; see `Deadline`. */
  readonly timeoutMs: number;
  /** The longest wait for the answer to a request that never ends, in milliseconds. */
  readonly patienceMs: number;
  /** The header that names the request, if the contract has one. */
  readonly idHeader: string | undefined;
  /** A request that any provider answers: it tells one that ends connections from one that is gone. */
  readonly knock: CaseRequest;
}

/** Max retries of a throttled request. */
const MAX_RETRIES = 3;

export class Provider {
  readonly #endpoint: Endpoint;
  readonly #to: Addressee;
  readonly #options: ProviderOptions;
  readonly #turns: Turns;
  readonly #silence: Silence;
  readonly #deadline: Deadline;
  /** The gateway in front of it, if there is one. */
  readonly front = new Front();
  /** Why the last attempt to connect failed. */
  #lost: string | undefined;
  #firstThrottled: Reply | undefined;
  #throttledTimes = 0;
  readonly #answers: SeenAnswer[] = [];

  constructor(options: ProviderOptions) {
    this.#endpoint = endpointOf(options.baseUrl);
    this.#to = addresseeOf(options.baseUrl);
    this.#options = options;
    this.#turns = new Turns(options);
    this.#deadline = new Deadline(options.timeoutMs);
    this.#silence = new Silence(
      () => this.#isThere(),
      (why) => this.#turns.stop(why),
    );
  }

  /** How many requests have been sent. */
  get requests(): number {
    return this.#turns.requests;
  }

  /** How long a Retry-After was waited for, in milliseconds. */
  get waitedMs(): number {
    return this.#turns.waitedMs;
  }

  /** The answers 429 that nobody asked for: the first of them, and how many. */
  get throttled(): { readonly first: Reply | undefined; readonly times: number } {
    return { first: this.#firstThrottled, times: this.#throttledTimes };
  }

  /** Why the provider cannot be reached any more, by the last attempt; undefined if it can. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Why nothing more is sent; undefined while the check goes on. */
  get stopped(): string | undefined {
    return this.#turns.stopped;
  }

  /** The longest wait for the answer to a request that never ends, in milliseconds. */
  get patienceMs(): number {
    return Math.max(this.#options.timeoutMs, this.#options.patienceMs);
  }

  /** All answers, in their order. */
  get answers(): readonly SeenAnswer[] {
    return this.#answers;
  }

  /**
   * Sends a request on a connection of its own. A 429 is waited for and the request sent again: the contract says that
   * nothing was changed by the first.
   * @throws Unfinished if a bound is reached, the provider cannot be reached, or the check is interrupted
   */
  async send(request: CaseRequest): Promise<Reply> {
    const [reply] = await this.sendInTurn(request, 1);
    if (reply === undefined) throw new Unfinished('the provider answered 429 again and again; a lower --rate helps');
    return reply;
  }

  /** As `send`, and a 429 is an answer like any other. */
  async sendOnce(request: CaseRequest): Promise<Reply> {
    const [reply] = await this.#onOneConnection([request]);
    if (reply === undefined) throw new TypeError('a request has one reply');
    return reply;
  }

  /**
   * Sends a request several times, one after another on one connection. After a 429 it waits and sends again.
   * @returns the other answers; fewer than asked for if the provider answers 429 again and again
   * @throws Unfinished as `send` does, unless something was answered before
   */
  async sendInTurn(request: CaseRequest, times: number): Promise<Reply[]> {
    const done: Reply[] = [];
    try {
      for (let retries = 0; retries <= MAX_RETRIES; retries++) {
        const left = Array.from({ length: times - done.length }, () => request);
        const replies = await this.#onOneConnection(left, retries);
        const throttled = replies.filter(({ answer }) => answer?.status === 429);
        done.push(...replies.filter((reply) => !throttled.includes(reply)));
        const [first] = throttled;
        if (first?.answer === undefined) break;
        this.#firstThrottled ??= first;
        this.#throttledTimes += throttled.length;
        if (retries < MAX_RETRIES) await this.#turns.obey(first.answer);
      }
    } catch (error) {
      if (!(error instanceof Unfinished) || done.length === 0) throw error;
    }
    return done;
  }

  /** Sends requests at the same moment, each on a connection of its own; a 429 is an answer like any other. */
  async sendTogether(requests: readonly CaseRequest[]): Promise<Reply[]> {
    const all = () => Promise.all(requests.map((request) => this.#exchange([request])));
    return (await this.#turns.take(requests.length, all)).flat();
  }

  async #onOneConnection(requests: readonly CaseRequest[], priority = 0): Promise<Reply[]> {
    return await this.#turns.take(requests.length, () => this.#exchange(requests), priority);
  }

  async #exchange(requests: readonly CaseRequest[]): Promise<Reply[]> {
    const isPatient = requests.some(({ isUnfinished }) => isUnfinished);
    const passed = await this.#pass(requests, isPatient ? this.patienceMs : this.#deadline.ms);
    if (typeof passed === 'string') {
      await this.#silence.count(passed);
      throw new Unfinished(passed);
    }
    // A malformed answer shows that the provider is still there.
    const isSilent = ({ received }: Passed) => received.failure !== undefined && received.bytes.length === 0;
    for (const one of isPatient ? [] : passed) {
      this.#deadline.learn(one.received.answer !== undefined, one.received.milliseconds);
      await this.#silence.count(isSilent(one) ? one.received.failure : undefined);
    }
    return passed.map(({ request, written, received }) => {
      if (received.answer !== undefined) this.#answers.push(seenOf(request, received.answer, this.#options.idHeader));
      return replyOf(request, written, received, { to: this.#to, mask: this.#options.mask, front: this.front });
    });
  }

  /** @returns why no connection could be made: no answer of the provider, and so none that could be wrong */
  async #pass(requests: readonly CaseRequest[], timeoutMs: number): Promise<Passed[] | string> {
    const { mask, signal } = this.#options;
    const all = requests.map((request, index) => ({
      request,
      written: writeRequest(request, this.#to, index === requests.length - 1 ? 'close' : 'keep-alive'),
    }));
    for (const { written } of all) mask.learn(written.headers.map(([, value]) => value).join('\n'));
    try {
      const received = await exchange(
        this.#endpoint,
        all.map(({ written }) => written),
        { timeoutMs, signal },
      );
      this.#lost = undefined;
      return all.flatMap((one, index) => {
        const its = received[index];
        return its === undefined ? [] : [{ ...one, received: its }];
      });
    } catch (error) {
      if (signal?.aborted) throw new Unfinished(INTERRUPTED);
      if (!(error instanceof NotConnected)) throw error;
      const why = `no connection could be made (${error.message})`;
      this.#lost = why;
      return why;
    }
  }

  async #isThere(): Promise<boolean> {
    try {
      this.#turns.addOne();
      const passed = await this.#pass([this.#options.knock], this.#deadline.ms);
      return typeof passed !== 'string' && passed.some(({ received }) => received.bytes.length > 0);
    } catch (error) {
      if (error instanceof Unfinished) return false;
      throw error;
    }
  }
}

interface Passed {
  readonly request: CaseRequest;
  readonly written: WrittenRequest;
  readonly received: Received;
}
