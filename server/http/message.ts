import type { IncomingMessage } from 'node:http';

/**
 * How often a request has a header. node:http's own `headers` join some that come twice and drop others, and its
 * `headersDistinct` makes a list of every header there is: 2 µs a request.
 * @param name in lower case
 */
export function countHeaders({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at] as string;
    if (sent.length === name.length && sent.toLowerCase() === name) count += 1;
  }
  return count;
}
