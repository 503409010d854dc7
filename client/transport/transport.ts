import { type Answer, aborted, type FetchedResponse, readAnswer } from '../answer.ts';
import { TagDeleteError } from '../errors/errors.ts';
import { dispatcherForFetch } from './forward-proxy.ts';
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
  return async (request) => {
    const { signal } = request;
    signal.throwIfAborted();
    const sent = isPooledFetch(fetch) ? fetch(request) : send(fetch, request);
    const { response, body } = await Promise.race([sent, aborted(signal)]).then(asFetched, thrownResponse);
    if (!Number.isInteger(response?.status)) {
      throw new TagDeleteError('the fetch function returned no response: the tag may be deleted');
    }
    const answer = await readAnswer(response, signal);
    return body === undefined ? answer : { ...answer, body };
  };
}

async function send(given: Fetch | undefined, { url, method, headers, signal }: SentRequest): Promise<FetchedResponse> {
  const init: RequestInit = {
    method,
    headers: Object.fromEntries(headers),
    signal,
    // If redirects were followed, the credentials would reach any host they name.
    redirect: 'manual',
  };
  // Whatever replaces the platform's fetch gets the option too, and may ignore it.
  const dispatcher = given === undefined ? dispatcherForFetch() : undefined;
  if (dispatcher !== undefined) Object.assign(init, { dispatcher });
  // By its URL: the platform makes a Request of it, and making one in front of that took 15 µs of a call's 110.
  if (given === undefined) return globalThis.fetch(url, init);
  // An implementation with a Request class of its own turns a foreign Request into a string, and takes that for the URL.
  const request = Object.defineProperty(new Request(url, init), 'toString', { value: () => url });
  return given(request, init);
}

/** A response, and its body if that has been read already. */
interface Fetched {
  readonly response: FetchedResponse;
  readonly body?: string;
}

function asFetched(response: FetchedResponse): Fetched {
  return { response };
}

/** A fetch such as ky's throws for an error status: the answer is `error.response`, in ky 2 with its body in `data`. */
function thrownResponse(error: unknown): Fetched {
  const { response, data } = Object(error) as { response?: FetchedResponse; data?: unknown };
  if (response === undefined || !Number.isInteger(response.status)) throw error;
  if (data === undefined) return { response };
  return { response, body: typeof data === 'string' ? data : JSON.stringify(data) };
}
