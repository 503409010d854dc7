import type { Contract, Header } from './contract.ts';

const TELLING = /(?:request|correlation|trace)[-_]?id/i;

/**
 * The header with the id of the request: a text header that every error has. If there are several, the one whose name
 * says so.
 */
export function requestIdHeader({ gateway }: Contract): Header | undefined {
  const shared = gateway.headers.filter(({ isNumeric }) => !isNumeric);
  return shared.find(({ name }) => TELLING.test(name)) ?? (shared.length === 1 ? shared[0] : undefined);
}
