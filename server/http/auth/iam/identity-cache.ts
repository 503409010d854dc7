// What the identity service has said, kept for a short time.
import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { CheckedIdentity } from './introspect.ts';

/** Max seconds for which a token counts as invalid. */
const MAX_INVALID_SECONDS = 10;

/** Max tokens of each kind. Beyond that the least recently used is forgotten. */
const MAX_TOKENS = 10_000;

/** Max roles of all tokens together, which bounds the memory: a token may have very many. */
const MAX_ROLES = 200_000;

interface Entry {
  readonly identity: CheckedIdentity;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

/** Clocks in milliseconds. */
export interface Clocks {
  /** Since 1970, for what others say about time. */
  readonly wall: () => number;
  /** For durations: setting the machine's clock does not change it. */
  readonly monotonic: () => number;
}

export const clocks: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * The tokens that were checked. It keeps no token: its keys are hashes with a secret that only this process has, and its
 * values what the identity service said. No key leaves the process, so the secret as a prefix is as good as an HMAC and
 * takes a quarter of its time. Invalid tokens have a cache of their own, so that made-up ones push out no valid one.
 * Nothing is returned after its time, also if the identity service is down: a delete is for good.
 */
export class IdentityCache {
  /** In hexadecimal digits it fills one block of SHA-256. */
  readonly #secret = randomBytes(32).toString('hex');
  readonly #valid = new LRUCache<string, Entry>({
    max: MAX_TOKENS,
    maxSize: MAX_ROLES,
    sizeCalculation: ({ identity }) => 1 + identity.roles.length,
  });
  readonly #invalid = new LRUCache<string, { readonly until: number }>({ max: MAX_TOKENS });
  readonly #validMs: number;
  readonly #invalidMs: number;
  readonly #clocks: Clocks;

  /** @param seconds for which a token counts as valid; 0 switches the cache off */
  constructor(seconds: number, cacheClocks: Clocks = clocks) {
    this.#validMs = seconds * 1000;
    this.#invalidMs = Math.min(seconds, MAX_INVALID_SECONDS) * 1000;
    this.#clocks = cacheClocks;
  }

  keyOf(token: string): string {
    return hash('sha256', this.#secret + token, 'base64');
  }

  /** @returns undefined if nothing is known of the token now */
  get(key: string): CheckedIdentity | 'invalid' | undefined {
    const { monotonic, wall } = this.#clocks;
    const entry = this.#valid.get(key);
    if (entry !== undefined && monotonic() < entry.until && wall() < entry.identity.expiresAt) return entry.identity;
    const refused = this.#invalid.get(key);
    return refused !== undefined && monotonic() < refused.until ? 'invalid' : undefined;
  }

  /** Whether the token was valid when it was last checked, however long ago. */
  wasValid(key: string): boolean {
    return this.#valid.has(key);
  }

  /** @param identity undefined if the token is not valid */
  set(key: string, identity: CheckedIdentity | undefined): void {
    const now = this.#clocks.monotonic();
    if (identity !== undefined) {
      this.#invalid.delete(key);
      this.#valid.set(key, { identity, until: now + this.#validMs });
    } else {
      this.#valid.delete(key);
      this.#invalid.set(key, { until: now + this.#invalidMs });
    }
  }
}
