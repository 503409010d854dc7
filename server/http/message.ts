// What node:http's own view of a message does not tell.
import type { IncomingMessage } from 'node:http';

/**
 * How often a request has a header. node:http's `headers` join some that come twice and drop others; its
 * `headersDistinct` makes a list of every header, which takes 2 µs a request.
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

/** Whether part of the body is still to come. After an answer to such a request, no other can follow on its connection. */
export function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}
