import type { Response } from 'express';
import { contextOf } from '../context.ts';
import { hasUnreadBody } from '../message.ts';
import { REQUEST_ID_HEADER } from '../request-id.ts';
import type { AnyReply } from './reply.ts';

/** Milliseconds in which a caller that is still sending can read its answer. Then the connection is closed. */
const LINGER_MS = 1_000;

/** The headers of every response. */
export const fixedHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

const fixed = Object.entries(fixedHeaders).flat();

/**
 * Writes the head of a response: the headers of every response, then its own. One list, because each header that Express
 * sets by itself takes a microsecond.
 */
export function writeHead(
  response: Response,
  status: number,
  headers: Readonly<Record<string, string | number>>,
): Response {
  const list: (string | number)[] = [...fixed, REQUEST_ID_HEADER, contextOf(response).requestId];
  for (const name of Object.keys(headers)) list.push(name, headers[name] as string | number);
  return response.writeHead(status, list as string[]);
}

/** Writes a reply of an operation, or of none. */
export function send(response: Response, { status, headers = {}, body }: AnyReply): void {
  if (body === undefined) {
    writeHead(response, status, headers).end();
    return;
  }
  const text = JSON.stringify(body);
  writeHead(response, status, { ...headers, ...headersOfJson(text) });
  if (hasUnreadBody(response.req)) endLater(response, text);
  else response.end(text);
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** The headers that describe a JSON body. */
export function headersOfJson(text: string): Readonly<Record<string, string | number>> {
  return { 'Content-Type': JSON_TYPE, 'Content-Length': Buffer.byteLength(text) };
}

/**
 * Answers a caller that is still sending. Closing a connection over unread bytes resets it, and the answer may be lost
 * with it (RFC 9112, 9.6). The caller has the whole answer at once and may close; what it sends on is not read.
 */
function endLater(response: Response, text: string): void {
  response.write(text);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  response.once('close', () => clearTimeout(timer));
}
