// CORS as in stock Prism: pages of any origin may call the mock and read its answers, errors too.
import type { RequestHandler } from 'express';
import { send } from '../server/http/reply/send.ts';
import { REQUEST_ID_HEADER } from '../server/http/request-id.ts';
import { noteAnswer } from './scenarios/answer-note.ts';

/** Named one by one: `*` does not count for requests with credentials (Fetch standard, section 3.3.3). */
const EXPOSED_HEADERS = `${REQUEST_ID_HEADER}, Retry-After, WWW-Authenticate, Allow`;

/** For answers to bytes that never became a request: their origin is unknown. */
export const anyOrigin = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': EXPOSED_HEADERS,
} as const;

/** Adds the CORS headers to every answer, and answers preflights with 204. Any other OPTIONS request goes on. */
export const allowOrigins: RequestHandler = (request, response, next) => {
  const origin = request.get('Origin');
  response.setHeader('Access-Control-Allow-Origin', origin ?? '*');
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS);
  response.setHeader('Vary', 'Origin');
  const method = request.get('Access-Control-Request-Method');
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return next();
  const isPrivateNetwork = request.get('Access-Control-Request-Private-Network') === 'true';
  noteAnswer(response, { why: 'CORS preflight' });
  send(response, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': method,
      'Access-Control-Allow-Headers': request.get('Access-Control-Request-Headers') ?? '*',
      // A page of a public host asks before it calls a loopback address.
      ...(isPrivateNetwork && { 'Access-Control-Allow-Private-Network': 'true' }),
    },
  });
};
