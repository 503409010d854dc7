// Requests to the registry and its token service: pooled, bounded in time and size, with a private authority for TLS.
import type { IncomingHttpHeaders } from 'node:http';
import { rootCertificates } from 'node:tls';
import PQueue from 'p-queue';
import { Agent } from 'undici';
import { type Answer, RegistryFailure } from './failure.ts';

/** Max connections to one host. */
export const CONNECTIONS = 32;
const MAX_REDIRECTIONS = 3;

/** A manifest has at most 4 MiB (OCI distribution specification, "Pushing manifests"). */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 32 * 1024;

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  /** Until the answer begins. */
  readonly headers: number;
  /** Replaces `headers` for a delete: a registry reads all tags of the repository, which takes long on S3. */
  readonly deletion: number;
  /** Between two pieces of a body. */
  readonly body: number;
  /** From the request to the last byte of its answer; for a delete `deletion` is added. */
  readonly total: number;
}

const TIMEOUTS: Timeouts = { connect: 5_000, headers: 10_000, deletion: 60_000, body: 10_000, total: 20_000 };

export interface ConnectionOptions {
  /** Certificates of a private authority in PEM, in addition to those that come with Node. */
  readonly ca?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export class Connection {
  readonly #agent: Agent;
  readonly #timeouts: Timeouts;
  readonly #turns: PQueue;

  /** @param connections max concurrent requests */
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
  }

  /**
   * Sends one request. A GET follows redirects within the origin, unless `follow` is false. What another host says does not
   * count: it would decide what is deleted here.
   * @returns the last answer, which may be a redirect that is not followed
   * @throws RegistryFailure `unreachable`, or `not-understood` if the answer is not HTTP or is too large
   */
  async send(url: URL, request: HttpRequest, { follow = request.method === 'GET' } = {}): Promise<Answer> {
    const { deletion, total } = this.#timeouts;
    const exchange = async (signal: AbortSignal): Promise<Answer> => {
      let target = url;
      for (let redirections = 0; ; redirections += 1) {
        const answer = await this.#exchange(target, request, signal);
        const next = follow && redirections < MAX_REDIRECTIONS ? redirectWithin(target, answer) : undefined;
        if (next === undefined) return answer;
        target = next;
      }
    };
    // Time spent waiting for a connection does not count.
    const what = `${request.method} ${url.origin}${url.pathname}`;
    return this.#turns.add(() => inOneGo(what, request.method === 'DELETE' ? deletion + total : total, exchange));
  }

  async #exchange(url: URL, { method, headers = {}, body }: HttpRequest, signal: AbortSignal): Promise<Answer> {
    const response = await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers,
      body: body ?? null,
      signal,
      headersTimeout: method === 'DELETE' ? this.#timeouts.deletion : this.#timeouts.headers,
    });
    return {
      status: response.statusCode,
      headers: response.headers as IncomingHttpHeaders,
      body: Buffer.from(await response.body.arrayBuffer()),
    };
  }

  /** Aborts the requests that are still under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** @throws RegistryFailure, also if the exchange takes longer than `timeoutMs` milliseconds */
async function inOneGo<T>(what: string, timeoutMs: number, exchange: (signal: AbortSignal) => Promise<T>): Promise<T> {
  // AbortSignal.timeout would keep a timer for each of thousands of requests that have been answered.
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

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** @returns the target of a redirect (RFC 9110 §15.4) that stays within the origin */
function redirectWithin(url: URL, { status, headers }: Answer): URL | undefined {
  const { location } = headers;
  if (!REDIRECTS.has(status) || typeof location !== 'string' || !URL.canParse(location, url)) return undefined;
  const target = new URL(location, url);
  return target.origin === url.origin ? target : undefined;
}

const TOO_LONG = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';

/** Whether the answer was longer than MAX_ANSWER_BYTES. */
export function isTooLong({ cause }: RegistryFailure): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === TOO_LONG;
}

/** Refused and torn connections, which are worth another try at once. Time-outs are not. */
const TRANSIENT = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN']);
const NOT_HTTP =
  /^HPE_|^UND_ERR_(?:RES_EXCEEDED_MAX_SIZE|HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH|INVALID_ARG)$|^ERR_INVALID_URL$/;

function explain(what: string, error: unknown): RegistryFailure {
  const { message, code } = error as NodeJS.ErrnoException;
  // Every network error has a code; an error without one is our own defect.
  if (code === undefined) throw error;
  if (NOT_HTTP.test(code)) {
    return new RegistryFailure('not-understood', `${what}: ${message} (${code})`, { cause: error });
  }
  return new RegistryFailure('unreachable', `${what}: ${message || code}`, {
    isTransient: TRANSIENT.has(code),
    cause: error,
  });
}
