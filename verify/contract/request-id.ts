import type { Contract, Header } from './contract.ts';

const TELLING = /(?:request|correlation|trace)[-_]?id/i;

/**
 * The header by which answers name their request: every error has it, and it is text. Where several are so, the one
 * whose name tells.
 */
export function requestIdHeader({ gateway }: Contract): Header | undefined {
  const shared = gateway.headers.filter(({ isNumeric }) => !isNumeric);
  return shared.find(({ name }) => TELLING.test(name)) ?? (shared.length === 1 ? shared[0] : undefined);
}
