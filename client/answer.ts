/** The part of a Response that the client reads. */
export interface FetchedResponse {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: { get(name: string): string | null };
  /** A web stream, or the readable stream of Node that node-fetch has. */
  readonly body?: unknown;
  text(): Promise<string>;
}

/** An answer that has been read. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  /** At most 64 KiB of the body. */
  readonly body: string;
}

/** Max bytes read of an answer; the contract's errors have less than 1 KiB. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Statuses whose answers have no body (Fetch standard, 'null body status'). */
const NULL_BODY: readonly number[] = [101, 103, 204, 205, 304];

const NO_HEADERS = { get: () => null };

/**
 * Reads an answer to its end, or to 64 KiB. It has a status already, so nothing that happens to its body is an error: a
 * body that never ends or breaks off hides no status.
 * @param signal ends the reading
 */
export function readAnswer(response: FetchedResponse, signal: AbortSignal): Answer | Promise<Answer> {
  const { status } = response;
  const statusText = response.statusText ?? '';
  const headers = typeof response.headers?.get === 'function' ? response.headers : NO_HEADERS;
  if (NULL_BODY.includes(status)) return { status, statusText, headers, body: discard(response.body) };
  return readBody(response, signal).then((body) => ({ status, statusText, headers, body }));
}

/** @returns an empty body: these statuses have none, even if bytes came */
function discard(body: unknown): '' {
  if (isWebStream(body)) void body.cancel().catch(() => undefined);
  else if (isNodeStream(body)) body.on('error', () => undefined).resume();
  return '';
}

async function readBody(response: FetchedResponse, signal: AbortSignal): Promise<string> {
  const { body } = response;
  const decoder = new TextDecoder();
  let text = '';
  try {
    const chunks = isWebStream(body) ? webChunks(body) : isNodeStream(body) ? nodeChunks(body) : undefined;
    if (chunks === undefined) return await textOf(response, signal);
    for await (const chunk of untilAborted(chunks, signal)) {
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
      if (text.length >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The connection broke off. The status has arrived; only the rest of the body is lost.
  }
  return text.slice(0, MAX_ANSWER_BYTES);
}

async function textOf(response: FetchedResponse, signal: AbortSignal): Promise<string> {
  const text = typeof response.text === 'function' ? await unlessAborted(response.text(), signal) : '';
  return String(text ?? '').slice(0, MAX_ANSWER_BYTES);
}

type Chunk = Uint8Array | string;

/** A stream that is read chunk by chunk, and closed when the reader has enough. */
interface Chunks {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: Chunk | undefined }>;
  close(): unknown;
}

function webChunks(body: ReadableStream<Uint8Array>): Chunks {
  const reader = body.getReader();
  return { next: () => reader.read(), close: () => reader.cancel() };
}

/** `return` of its iterator would wait for a chunk that may never come: it is destroyed instead. */
function nodeChunks(body: NodeStream): Chunks {
  const iterator = body.on('error', () => undefined)[Symbol.asyncIterator]();
  return { next: () => iterator.next(), close: () => body.destroy() };
}

async function* untilAborted({ next, close }: Chunks, signal: AbortSignal): AsyncGenerator<Chunk> {
  const end = aborted(signal);
  try {
    for (;;) {
      const { done, value } = await Promise.race([next(), end]);
      if (done || value === undefined) return;
      yield value;
    }
  } finally {
    // Not awaited: the source may be what hangs.
    void Promise.resolve(close()).catch(() => undefined);
  }
}

/**
 * Waits for a promise, or takes a value as it is, but not longer than the signal allows. With one promise and one
 * listener: Promise.race and a promise for the signal cost a call 1 µs more.
 * @param signal gets a listener that stays until it aborts
 * @throws what the promise throws; the signal's reason when it aborts
 */
export function unlessAborted<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    // The work may have aborted it before it returned.
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    Promise.resolve(work).then(resolve, reject);
  });
}

/** For many waits by one listener. @returns a promise that rejects when the signal aborts */
function aborted(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  rejection.catch(() => undefined);
  return rejection;
}

function isWebStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof (body as Partial<ReadableStream> | null | undefined)?.getReader === 'function';
}

type NodeStream = AsyncIterable<Chunk> & {
  on(event: 'error', listener: () => void): NodeStream;
  resume(): unknown;
  destroy(): unknown;
};

function isNodeStream(body: unknown): body is NodeStream {
  const { on, resume, destroy } = Object(body) as Partial<NodeStream>;
  return [on, resume, destroy].every((method) => typeof method === 'function');
}
