import type { Response } from 'express';
import type { AnyReply } from './reply.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

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
  response.end(text);
}

/** Writes a reply. The one place that does. */
export function send(response: Response, { status, headers = {}, body }: AnyReply): void {
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (body === undefined) response.end();
  else sendJson(response, body);
}
