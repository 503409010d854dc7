// Servers that ask an identity service.
import { createAuthenticators } from '../../server/http/auth/authenticators.ts';
import type { CacheResult, CheckResult } from '../../server/http/auth/iam/check-tokens.ts';
import type { Clocks } from '../../server/http/auth/iam/identity-cache.ts';
import { type IamSettings, openIam } from '../../server/http/auth/iam/open-iam.ts';
import type { Principal } from '../../server/http/principals.ts';
import { MemoryStore } from './memory-store.ts';
import { startServer, type TestServer } from './server.ts';
import { ask, requestText, type WireAnswer } from './wire.ts';

/** A server in this process, and what its metrics would be told. */
export interface IamServer extends TestServer {
  readonly store: MemoryStore;
  readonly results: readonly CheckResult[];
  readonly looks: readonly CacheResult[];
  /** Deletes a tag of `group/busybox`, `v1` by default. */
  delete(token: string, tag?: string): Promise<WireAnswer>;
}

/** Settings of an identity service, and what only tests choose. */
interface Options extends Partial<IamSettings> {
  readonly tags?: readonly string[];
  readonly clocks?: Clocks;
}

/** Starts a server with one image for each tag. @param settings by default without a cache */
export async function startIamServer(
  url: string,
  principals: readonly Principal[],
  { tags = ['v1'], clocks, ...settings }: Options = {},
): Promise<IamServer> {
  const results: CheckResult[] = [];
  const looks: CacheResult[] = [];
  const store = new MemoryStore(...tags.map((tag) => `group/busybox:${tag}`));
  const iam = openIam(
    { url: new URL(url), ca: undefined, cacheSeconds: 0, ...settings },
    { checked: (result) => results.push(result), looked: (result) => looks.push(result) },
    clocks,
  );
  const server = await startServer({ store, authenticators: createAuthenticators(principals, iam.checks) });
  return {
    ...server,
    store,
    results,
    looks,
    delete: (token, tag = 'v1') =>
      ask(
        server.url,
        requestText(`DELETE /v2/manage/namespaces/group/repos/busybox/tags/${tag}`, { 'X-Auth-Token': token }),
      ),
    close: async () => {
      await server.close();
      await iam.close();
    },
  };
}
