import { randomBytes } from 'node:crypto';

/** Tokens that are almost a known one: as good as the secret itself in a report. */
export interface TokenVariants {
  readonly longer: string;
  readonly shorter: string;
  readonly swapped: string;
}

export function variantsOf(token: string): TokenVariants {
  return { longer: `${token}x`, shorter: shortened(token), swapped: swapped(token) };
}

export const randomToken = () => randomBytes(24).toString('hex');

/** A token of one character has no shorter one. */
const shortened = (token: string) => token.slice(0, -1) || randomToken();

function swapped(token: string): string {
  const other = [...token].map((one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join('');
  return other === token ? randomToken() : other;
}
