import { valuesOf } from '../../wire/messages.ts';
import type { SentRequest } from './recording.ts';

/**
 * Whether a request is a CORS preflight (Fetch standard, section 4.8). Preflights are not judged: the browser sends them,
 * not the consumer, and the contract does not declare their answer.
 */
export function isPreflight(request: SentRequest): boolean {
  const has = (name: string) => valuesOf(request, name).length === 1;
  return request.method === 'OPTIONS' && has('Origin') && has('Access-Control-Request-Method');
}
