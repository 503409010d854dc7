import { hash, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../principals.ts';

/** The SHA-256 of a token in hexadecimal digits; a credentials file keeps it instead of the token. */
export function tokenSha256(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Hexadecimal digits of a SHA-256. */
const DIGITS = 64;

/** Finds the principal of a token that the credentials file knows. An unknown token takes as long as a known one. */
export type TokenLookup = (token: string) => Principal | undefined;

export function createTokenLookup(principals: readonly Principal[]): TokenLookup {
  const known = principals.flatMap((principal) =>
    principal.tokenSha256 === undefined
      ? []
      : [{ principal, digest: Buffer.from(principal.tokenSha256.toLowerCase()) }],
  );
  // In hexadecimal digits: that takes a third of the time of a digest in a new buffer, which was 1.1 µs (Node 24).
  const digest = Buffer.alloc(DIGITS);
  // A file of callers that an identity service knows.
  if (known.length === 0) return () => undefined;
  return (token) => {
    digest.write(hash('sha256', token, 'hex'));
    let found: Principal | undefined;
    // Compares every digest, each in constant time, so that the time does not tell which one matched.
    for (const candidate of known) if (timingSafeEqual(candidate.digest, digest)) found = candidate.principal;
    return found;
  };
}
