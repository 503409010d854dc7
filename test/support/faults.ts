// What an HTTP server may do to its clients instead of answering.
import type { ServerResponse } from 'node:http';

/** Does it to one response. */
export type Fault = (response: ServerResponse) => void;

/** An answer that the script gives. */
export function answering(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Fault {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** No byte ever comes. */
export const silence: Fault = () => undefined;

/** A head comes, and the beginning of a body, and nothing more. */
export function stalling(status: number, headers: Readonly<Record<string, string>> = {}): Fault {
  return (response) => {
    response.writeHead(status, { 'Content-Length': '1000', ...headers }).write('{');
  };
}

/** The connection is cut without an answer. */
export const cutting: Fault = (response) => void response.destroy();

/**
 * A body that goes on and on, of the beginning and then of spaces, which JSON allows.
 * @param count gets the bytes that the client has taken so far
 */
export function flooding(
  status: number,
  bytes: number,
  count: (taken: number) => void,
  headers: Readonly<Record<string, string>> = {},
  beginning = '{',
): Fault {
  return (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).write(beginning);
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    let sent = 0;
    const pump = () => {
      for (let hasRoom = true; hasRoom && !response.destroyed && sent < bytes; sent += chunk.length)
        hasRoom = response.write(chunk);
      count(sent);
      if (sent >= bytes) response.end();
    };
    response.on('drain', pump);
    pump();
  };
}

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
