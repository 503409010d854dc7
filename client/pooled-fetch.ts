import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { NULL_BODY } from './bounded-fetch.ts';
import { type SentRequest, SlimRequest } from './slim-request.ts';

/** A transport that asks for less than a Request. */
export interface PooledFetch {
  (request: SentRequest): Promise<Response>;
  /** What it is given by a client that wants to save the rest. */
  readonly Request: typeof SlimRequest;
}

/** How many connections a host gets at most. */
const CONNECTIONS = 64;

/**
 * A fetch for Node programs that delete thousands of tags: on undici's `request`, without the streams and copies that
 * the standard asks of `fetch`, at half the CPU time of a call. It does what the client needs and no more: no body is
 * sent, no redirect followed, no content coding undone. Not the default, because what intercepts or instruments `globalThis.fetch` does not see it.
 * @throws like fetch: the signal's reason where it aborts, else a TypeError with the cause
 */
export function createPooledFetch(connections: number = CONNECTIONS): PooledFetch {
  const dispatcher = new Agent({ connections });
  const fetch = async ({ method, url, headers, signal }: SentRequest) => {
    try {
      const { origin, pathname, search } = new URL(url);
      const answer = await dispatcher.request({
        origin,
        path: pathname + search,
        signal,
        method: method as 'DELETE',
        headers: Object.fromEntries(headers),
      });
      const init = { status: answer.statusCode, headers: headersOf(answer.headers) };
      if (!NULL_BODY.includes(answer.statusCode))
        return new Response(Readable.toWeb(answer.body) as ReadableStream, init);
      await answer.body.dump();
      return new Response(null, init);
    } catch (cause) {
      throw signal.aborted ? signal.reason : new TypeError('fetch failed', { cause });
    }
  };
  return Object.assign(fetch, { Request: SlimRequest });
}

function headersOf(received: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value = []] of Object.entries(received)) {
    if (typeof value === 'string') headers.set(name, value);
    else for (const one of value) headers.append(name, one);
  }
  return headers;
}
