// From a token to its identity: cache, one check at a time for each token, queue, circuit, identity service.
import { Failure } from '../../reply/failures.ts';
import { CheckQueue } from './check-queue.ts';
import { Circuit } from './circuit.ts';
import { IamFailure, type IamFailureKind } from './iam-failure.ts';
import { type Clocks, clocks, IdentityCache } from './identity-cache.ts';
import type { CheckedIdentity, Introspect } from './introspect.ts';

/** How a check ended. */
export type CheckResult = 'valid' | 'invalid' | Exclude<IamFailureKind, 'iam-circuit-open'>;

/** Where a token's identity came from. */
export type CacheResult = 'hit' | 'negative' | 'miss';

/** What the metrics are told. */
export interface CheckObserver {
  checked(result: CheckResult, seconds: number): void;
  looked(result: CacheResult): void;
}

/** The tokens that the identity service knows. */
export interface TokenChecks {
  /**
   * @returns undefined if the token is not valid
   * @throws Failure `authentication-unavailable` or `throttled`
   */
  identityOf(token: string): CheckedIdentity | undefined | Promise<CheckedIdentity | undefined>;
  /** The checks under way. */
  readonly underWay: number;
  readonly isCircuitOpen: boolean;
}

/** What no token can be is refused without asking: printable ASCII without blanks goes into a header as it is. */
const TOKEN = /^[\x21-\x7e]+$/;

/** @param cacheSeconds for which a valid token is not checked again */
export function createTokenChecks(
  introspect: Introspect,
  cacheSeconds: number,
  observer: CheckObserver,
  checkClocks: Clocks = clocks,
): TokenChecks {
  const cache = new IdentityCache(cacheSeconds, checkClocks);
  const queue = new CheckQueue();
  const circuit = new Circuit(isBroken, checkClocks.monotonic);
  const underWay = new Map<string, Promise<CheckedIdentity | undefined>>();

  async function ask(token: string): Promise<CheckedIdentity | undefined> {
    const start = performance.now();
    const end = (result: CheckResult) => observer.checked(result, (performance.now() - start) / 1000);
    try {
      const identity = await introspect(token);
      end(identity === undefined ? 'invalid' : 'valid');
      return identity;
    } catch (error) {
      if (error instanceof IamFailure && error.kind !== 'iam-circuit-open') end(error.kind);
      throw error;
    }
  }

  async function check(key: string, token: string): Promise<CheckedIdentity | undefined> {
    try {
      const identity = await queue.run(() => circuit.run(() => ask(token)), cache.wasValid(key));
      cache.set(key, identity);
      return identity;
    } catch (error) {
      if (error instanceof IamFailure) throw new Failure('authentication-unavailable', { cause: error });
      throw error;
    } finally {
      underWay.delete(key);
    }
  }

  return {
    identityOf(token) {
      if (!TOKEN.test(token)) return undefined;
      const key = cache.keyOf(token);
      const known = cache.get(key);
      observer.looked(known === undefined ? 'miss' : known === 'invalid' ? 'negative' : 'hit');
      if (known !== undefined) return known === 'invalid' ? undefined : known;
      // No caller owns the check: one that goes away ends it for no other.
      const shared = underWay.get(key) ?? check(key, token);
      underWay.set(key, shared);
      return shared;
    },
    get underWay() {
      return queue.underWay;
    },
    get isCircuitOpen() {
      return circuit.isOpen;
    },
  };
}

/**
 * Whether a failure says that the identity service does not work. A refusal such as 403 or 431 may be due to the token:
 * then one caller could open the circuit for all.
 */
function isBroken(error: unknown): boolean {
  if (!(error instanceof IamFailure)) return true;
  const { kind, status = 0 } = error;
  return kind !== 'iam-refused' || status === 429 || status >= 500;
}
