import type { Response } from 'express';
import type { AnyReply } from './reply.ts';

/** Every response carries these, whatever it answers. */
export const fixedHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

/** Writes a reply. The one place that does. */
export function send(response: Response, { status, headers = {}, body }: AnyReply): void {
  response
    .status(status)
    .set(Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])));
  if (body === undefined) response.end();
  else response.json(body);
}
