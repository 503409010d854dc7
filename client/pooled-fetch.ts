import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { NULL_BODY } from './bounded-fetch.ts';

/** How many connections a host gets at most. */
const CONNECTIONS = 64;

/**
 * A fetch for Node programs that delete thousands of tags: on undici's `request`, without the streams and copies that
 * the standard asks of `fetch`, at half the CPU time of a call. It does what the client needs and no more: no body is
 * sent, no redirect followed, no content coding undone. Not the default, because what intercepts or instruments `globalThis.fetch` does not see it.
 * @throws like fetch: the signal's reason where it aborts, else a TypeError with the cause
 */
export function createPooledFetch(connections: number = CONNECTIONS): (request: Request) => Promise<Response> {
  const dispatcher = new Agent({ connections });
  return async ({ method, url, headers, signal }) => {
    try {
      const answer = await request(url, {
        dispatcher,
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
}

function headersOf(received: Readonly<Record<string, string | string[] | undefined>>): [name: string, value: string][] {
  return Object.entries(received).flatMap(([name, value = []]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
}
