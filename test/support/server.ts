// The server in this process, on a free port, with the parts that a test brings.
import { authToken } from '../../generated/contract.ts';
import { type AppParts, createApp } from '../../server/app.ts';
import { createAuthenticators } from '../../server/http/auth/authenticators.ts';
import type { TokenChecks } from '../../server/http/auth/iam/check-tokens.ts';
import { createSignatureVerifier } from '../../server/http/auth/signature.ts';
import { tokenSha256 } from '../../server/http/auth/token.ts';
import { loadContract } from '../../server/http/contract.ts';
import { type Limits, listen } from '../../server/http/listener/listen.ts';
import type { Principal } from '../../server/http/principals.ts';
import { Failure } from '../../server/http/reply/failures.ts';
import { createAuthorize } from '../../server/operations/authorize.ts';
import { createLog } from '../../server/operator/log.ts';
import { createMetrics } from '../../server/operator/metrics/metrics.ts';
import type { Store } from '../../server/store.ts';

/** The token of a caller that may delete everywhere. */
export const TOKEN = 'test-token';

/** The token of a caller who may delete in `other` and in organizations that begin with `team-`. */
export const RESTRICTED_TOKEN = 'restricted-token';

/** The access keys of the same two callers. */
export const KEYS = { accessKey: 'AKEVERYWHERE', secretKey: 'secret-key-of-everywhere' };
export const RESTRICTED_KEYS = { accessKey: 'AKRESTRICTED', secretKey: 'secret-key-of-restricted' };

/** A known token that is longer than the contract allows. */
export const OVERSIZED_TOKEN = 'a'.repeat(authToken.maxLength + 1);

const principals: readonly Principal[] = [
  { name: 'oversized', tokenSha256: tokenSha256(OVERSIZED_TOKEN), namespaces: ['*'] },
  { name: 'everywhere', tokenSha256: tokenSha256(TOKEN), ...KEYS, namespaces: ['*'] },
  {
    name: 'restricted',
    tokenSha256: tokenSha256(RESTRICTED_TOKEN),
    ...RESTRICTED_KEYS,
    namespaces: ['other', 'team-*'],
  },
];

interface Options extends Partial<AppParts> {
  readonly store: Store;
  readonly protectedTags?: RegExp;
  readonly limits?: Limits;
  /** The tokens that an identity service knows. */
  readonly checks?: TokenChecks | undefined;
  /** For the age of signatures. */
  readonly clock?: () => Date;
}

/** An identity service that answers nothing. */
export const brokenChecks: TokenChecks = {
  identityOf: () => Promise.reject(new Failure('authentication-unavailable')),
  underWay: 0,
  isCircuitOpen: false,
};

/** A running server and what it wrote to its log. */
export interface TestServer {
  readonly url: string;
  readonly logged: readonly Record<string, unknown>[];
  close(): Promise<void>;
}

export async function startServer({ protectedTags, limits, clock, checks, ...parts }: Options): Promise<TestServer> {
  const logged: Record<string, unknown>[] = [];
  const log = createLog('debug', { write: (line: string) => void logged.push(JSON.parse(line)) });
  const app = createApp({
    contract: await loadContract(),
    authorize: createAuthorize(protectedTags),
    authenticators: {
      ...createAuthenticators(principals, checks),
      verifySignature: createSignatureVerifier(principals, clock),
    },
    requestsPerMinute: 0,
    log,
    metrics: createMetrics(),
    ...parts,
  });
  const listener = await listen(app, { host: '127.0.0.1', port: 0, ...(limits && { limits }) });
  return {
    url: listener.url,
    logged,
    close: async () => {
      await listener.close(1_000);
      await parts.store.close();
    },
  };
}
