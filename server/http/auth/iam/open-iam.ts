// The identity service as a whole: what the server asks of it, and what an operator learns about it.
import { createAskIam, createIamAgent } from './ask-iam.ts';
import { MAX_CHECKS } from './check-queue.ts';
import { type CheckObserver, createTokenChecks, type TokenChecks } from './check-tokens.ts';
import { IamFailure } from './iam-failure.ts';
import { type Clocks, clocks } from './identity-cache.ts';
import { createIntrospect } from './introspect.ts';

/** Where the identity service is, and how it is asked. */
export interface IamSettings {
  /** Ends with /v3. */
  readonly url: URL;
  /** Certificates of a private authority in PEM. */
  readonly ca: string | undefined;
  /** Seconds for which a valid token is not checked again. */
  readonly cacheSeconds: number;
}

/** An identity service. */
export interface Iam {
  readonly checks: TokenChecks;
  /** Whether the service answers: undefined if so, else the reason. */
  probe(): Promise<string | undefined>;
  /** Aborts the checks under way. */
  close(): Promise<void>;
}

/** Milliseconds for a probe. */
const PROBE_MS = 2_000;

/** Milliseconds for which a probe's outcome counts. */
const PROBE_VALID_MS = 5_000;

/** Nothing is asked before the first check or probe, so a service that is down delays no start. */
export function openIam(
  { url, ca, cacheSeconds }: IamSettings,
  observer: CheckObserver,
  iamClocks: Clocks = clocks,
): Iam {
  const agent = createIamAgent(url, ca, MAX_CHECKS + 1);
  const ask = createAskIam(url, agent);
  let last: { readonly outcome: Promise<string | undefined>; readonly at: number } | undefined;

  /** The version document needs no token (Identity API v3, "Show v3 API version"). */
  async function askVersion(): Promise<string | undefined> {
    try {
      const { status } = await ask('', {}, PROBE_MS);
      return status === 200 ? undefined : `answered ${status}`;
    } catch (error) {
      return error instanceof IamFailure ? error.message : 'unknown failure';
    }
  }

  return {
    checks: createTokenChecks(createIntrospect(ask, iamClocks.wall), cacheSeconds, observer, iamClocks),
    probe() {
      const now = performance.now();
      if (last === undefined || now - last.at > PROBE_VALID_MS) last = { outcome: askVersion(), at: now };
      return last.outcome;
    },
    close: () => agent.destroy(),
  };
}
