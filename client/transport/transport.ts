import { type Answer, type FetchedResponse, readAnswer, unlessAborted } from '../answer.ts';
import { TagDeleteError } from '../errors/errors.ts';
import { dispatcherForFetch, type ForwardProxies, readForwardProxies } from './forward-proxy.ts';
import { isPooledFetch } from './pooled-fetch.ts';
import type { SentRequest } from './sent-request.ts';

/**
 * Sends one request. It gets a Request, and the same as URL (`String(request)`) and options for implementations with a
 * Request class of their own, such as cross-fetch, node-fetch and undici.
 */
export type Fetch = (request: Request, init: RequestInit) => Promise<FetchedResponse>;

/** Sends one request and reads the answer. */
export type Transport = (request: SentRequest) => Promise<Answer>;

/**
 * @param fetch undefined for the platform's fetch, looked up for every request: a test may replace it at any time
 * @returns a transport that throws what `fetch` throws, or the signal's reason, even if `fetch` ignores the signal
 */
export function createTransport(fetch: Fetch | undefined): Transport {
  const send = senderOf(fetch);
  return async (request) => {
    const { signal } = request;
    signal.throwIfAborted();
    let response: FetchedResponse;
    let body: string | undefined;
    try {
      response = await unlessAborted(send(request), signal);
    } catch (error) {
      ({ response, body } = thrownResponse(error));
    }
    if (!Number.isInteger(response?.status)) {
      throw new TagDeleteError('the fetch function returned no response: the tag may be deleted');
    }
    const answer = await readAnswer(response, signal);
    return body === undefined ? answer : { ...answer, body };
  };
}

/** Node's own, unless the program has replaced it before. */
const platformFetch = globalThis.fetch;

/** Whether calls are sent by the platform's own fetch: neither one that was given, nor one that has replaced it. */
export function isPlatformFetch(fetch: Fetch | undefined): boolean {
  return fetch === undefined && globalThis.fetch === platformFetch;
}

type Send = (request: SentRequest) => FetchedResponse | Promise<FetchedResponse>;

function senderOf(fetch: Fetch | undefined): Send {
  if (isPooledFetch(fetch)) return fetch;
  return fetch === undefined ? platformSender() : async (request) => fetch(...asRequest(request));
}

/** By its URL: the platform makes a Request of it, and making one in front of that took 15 µs of a call's 110. */
function platformSender(): Send {
  // At the first call: a program may load its environment after it has made the client.
  let proxies: ForwardProxies | undefined | 'not read' = 'not read';
  return (request) => {
    if (proxies === 'not read') proxies = readForwardProxies();
    if (proxies === undefined) return globalThis.fetch(request.url, initOf(request));
    return fetchThrough(proxies, request);
  };
}

/** Whatever replaces the platform's fetch gets the dispatcher too, and may ignore it. */
async function fetchThrough(proxies: ForwardProxies, request: SentRequest): Promise<FetchedResponse> {
  const dispatcher = await dispatcherForFetch(proxies);
  return globalThis.fetch(request.url, Object.assign(initOf(request), dispatcher && { dispatcher }));
}

/** An implementation with a Request class of its own turns a foreign Request into a string, and takes that for the URL. */
function asRequest(sent: SentRequest): [Request, RequestInit] {
  const { url } = sent;
  const init = initOf(sent);
  return [Object.defineProperty(new Request(url, init), 'toString', { value: () => url }), init];
}

/**
 * If redirects were followed, the credentials would reach any host they name. The headers are a copy: a fetch may write to
 * them, and the caller's serve further requests.
 */
function initOf({ method, headers, signal }: SentRequest): RequestInit {
  return { method, headers: { ...headers }, signal, redirect: 'manual' };
}

/** A response, and its body if that has been read already. */
interface Fetched {
  readonly response: FetchedResponse;
  readonly body?: string;
}

/** A fetch such as ky's throws for an error status: the answer is `error.response`, in ky 2 with its body in `data`. */
function thrownResponse(error: unknown): Fetched {
  const { response, data } = Object(error) as { response?: FetchedResponse; data?: unknown };
  if (response === undefined || !Number.isInteger(response.status)) throw error;
  if (data === undefined) return { response };
  return { response, body: typeof data === 'string' ? data : JSON.stringify(data) };
}
