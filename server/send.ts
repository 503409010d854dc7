import type { Response } from 'express';
import type { AnyReply } from './reply.ts';
import { hasUnreadBody } from './request-body.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

/** So many milliseconds a caller who is still sending has to read his answer. */
const LINGER_MS = 1_000;

/** Every response carries these, whatever it answers. */
export const fixedHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

const fixed = Object.entries(fixedHeaders);

/** Sets the headers that every response carries. node:http's own setHeader: Express's looks at each for a charset. */
export function setFixedHeaders(response: Response, requestId: string): void {
  for (const [name, value] of fixed) response.setHeader(name, value);
  response.setHeader(REQUEST_ID_HEADER, requestId);
}

/** As Express's json, which asks for eight settings on the way to the same bytes. */
function sendJson(response: Response, body: unknown): void {
  const text = JSON.stringify(body);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  if (hasUnreadBody(response.req)) endLater(response, text);
  else response.end(text);
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

/** Writes a reply. The one place that does. */
export function send(response: Response, { status, headers = {}, body }: AnyReply): void {
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (body === undefined) response.end();
  else sendJson(response, body);
}
