// Requests to the registry and to its token service: pooled, bounded in time and size, TLS with a private authority.
import type { IncomingHttpHeaders } from 'node:http';
import { rootCertificates } from 'node:tls';
import PQueue from 'p-queue';
import { Agent, type Dispatcher, interceptors } from 'undici';
import { type Answer, RegistryFailure } from './failure.ts';

/** So many connections to one host. */
export const CONNECTIONS = 32;
const MAX_REDIRECTIONS = 3;

/** A manifest has 4 MiB at most (OCI distribution specification, "Pushing manifests"). */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 32 * 1024;

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  /** Until the answer begins. */
  readonly headers: number;
  /** Instead of `headers` for a delete: a registry looks through all tags of the repository, which takes long on S3. */
  readonly deletion: number;
  /** Between two pieces of a body. */
  readonly body: number;
  /** From the request to the last byte of its answer, which for a delete may begin so much later. */
  readonly total: number;
}

const TIMEOUTS: Timeouts = { connect: 5_000, headers: 10_000, deletion: 60_000, body: 10_000, total: 20_000 };

export interface ConnectionOptions {
  /** Certificates of a private authority in PEM, beside those that come with Node. */
  readonly ca?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** An answer, and who gave it in the end. */
export interface LocatedAnswer extends Answer {
  /** The URL after redirects. */
  readonly url: URL;
}

export class Connection {
  readonly #agent: Agent;
  /** Follows redirects, and leaves credentials behind when the host changes. */
  readonly #following: Dispatcher;
  readonly #timeouts: Timeouts;
  readonly #turns: PQueue;

  /** @param connections at most so many requests are under way at once */
  constructor({ ca, timeouts }: ConnectionOptions, connections = CONNECTIONS) {
    this.#turns = new PQueue({ concurrency: connections });
    this.#timeouts = { ...TIMEOUTS, ...timeouts };
    this.#agent = new Agent({
      connections,
      connect: { timeout: this.#timeouts.connect, ...(ca !== undefined && { ca: [...rootCertificates, ca] }) },
      bodyTimeout: this.#timeouts.body,
      maxResponseSize: MAX_ANSWER_BYTES,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    this.#following = this.#agent.compose(interceptors.redirect({ maxRedirections: MAX_REDIRECTIONS }));
  }

  /**
   * One request. A GET follows redirects, unless told not to; what changes something never does.
   * @throws RegistryFailure `unreachable`, or `not-understood` where the answer is no HTTP or too large
   */
  async send(
    url: URL,
    { method, headers = {}, body }: HttpRequest,
    { follow = method === 'GET' } = {},
  ): Promise<LocatedAnswer> {
    const { headers: headersTimeout, deletion, total } = this.#timeouts;
    const dispatcher = follow ? this.#following : this.#agent;
    const isDelete = method === 'DELETE';
    const exchange = async (signal: AbortSignal): Promise<LocatedAnswer> => {
      const response = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body ?? null,
        signal,
        headersTimeout: isDelete ? deletion : headersTimeout,
      });
      return {
        status: response.statusCode,
        headers: response.headers as IncomingHttpHeaders,
        body: Buffer.from(await response.body.arrayBuffer()),
        url: lastUrl(response.context) ?? url,
      };
    };
    // The time begins when it has its turn, not while others of our own are before it.
    const what = `${method} ${url.origin}${url.pathname}`;
    return this.#turns.add(() => inOneGo(what, isDelete ? deletion + total : total, exchange));
  }

  /** Ends what is still under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** @throws RegistryFailure, also where the exchange is not over after so many milliseconds */
async function inOneGo<T>(what: string, timeoutMs: number, exchange: (signal: AbortSignal) => Promise<T>): Promise<T> {
  // AbortSignal.timeout would keep a timer for each of thousands of requests that are long answered.
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Overdue(timeoutMs)), timeoutMs);
  try {
    return await exchange(controller.signal);
  } catch (error) {
    throw explain(what, error);
  } finally {
    clearTimeout(timer);
  }
}

class Overdue extends Error {
  readonly code = 'OVERDUE';

  constructor(milliseconds: number) {
    super(`not answered within ${milliseconds} ms`);
  }
}

/** Where the redirect interceptor ended; without it there is no context. */
function lastUrl(context: object | undefined): URL | undefined {
  return (context as { readonly history?: readonly URL[] } | undefined)?.history?.at(-1);
}

const TOO_LONG = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';

/** Whether more of an answer came than is read. */
export function isTooLong({ cause }: RegistryFailure): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === TOO_LONG;
}

/** Neither refused nor torn connections are time-outs: these alone are worth another try at once. */
const TRANSIENT = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN']);
const NOT_HTTP =
  /^HPE_|^UND_ERR_(?:RES_EXCEEDED_MAX_SIZE|HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH|INVALID_ARG)$|^ERR_INVALID_URL$/;

function explain(what: string, error: unknown): RegistryFailure {
  const { message, code } = error as NodeJS.ErrnoException;
  // Whatever the network does has a code; an error without any is a defect of ours.
  if (code === undefined) throw error;
  if (NOT_HTTP.test(code)) {
    return new RegistryFailure('not-understood', `${what}: ${message} (${code})`, { cause: error });
  }
  return new RegistryFailure('unreachable', `${what}: ${message || code}`, {
    isTransient: TRANSIENT.has(code),
    cause: error,
  });
}
