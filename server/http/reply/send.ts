import type { Response } from 'express';
import { contextOf } from '../context.ts';
import { hasUnreadBody } from '../request/body.ts';
import { REQUEST_ID_HEADER } from '../request-id.ts';
import type { AnyReply } from './reply.ts';

/** So many milliseconds a caller who is still sending has to read his answer. */
const LINGER_MS = 1_000;

/** Every response carries these, whatever it answers. */
export const fixedHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

const fixed = Object.entries(fixedHeaders).flat();

/**
 * Writes the head of a response: what every one carries, then its own. One list: set one by one, and by Express, each
 * header costs a microsecond.
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

/** Writes a reply of the operation, or of none. */
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

/** What tells a reader how to take a body. */
export function headersOfJson(text: string): Readonly<Record<string, string | number>> {
  return { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text) };
}

/**
 * To a caller who is still sending: a connection that is closed with bytes unread is reset, and the answer may be lost
 * with it (RFC 9112 §9.6). He has the whole of it at once and may close; what he sends on is not read.
 */
function endLater(response: Response, text: string): void {
  response.write(text);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  response.once('close', () => clearTimeout(timer));
}
