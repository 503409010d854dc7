// The project's server with everything it has in production, composed as in server/main.ts. Only the store differs: it
// keeps nothing, so that requests are measured and not the disk.
import { createApp } from '../../server/app.ts';
import { createAuthenticators } from '../../server/http/auth/authenticators.ts';
import { openIam } from '../../server/http/auth/iam/open-iam.ts';
import { loadContract } from '../../server/http/contract.ts';
import { serveDocs } from '../../server/http/docs.ts';
import { listen } from '../../server/http/listener/listen.ts';
import { createAuthorize } from '../../server/operations/authorize.ts';
import { createLog } from '../../server/operator/log.ts';
import { createCheckObserver } from '../../server/operator/metrics/iam-metrics.ts';
import { createMetrics } from '../../server/operator/metrics/metrics.ts';
import { LogOutput } from '../../server/process/log-output.ts';
import { unblockStandardStreams } from '../../server/process/standard-streams.ts';
import { withoutStack } from '../../server/process/without-stack.ts';
import { type Store, StoreError } from '../../server/store.ts';
import { iamPrincipal, isAbsent, port, principals } from '../contract.ts';

const deleted = { digests: [`sha256:${'0'.repeat(64)}`] };

const store: Store = {
  async deleteTag({ tag }) {
    // Later, as a store that asks a disk.
    await undefined;
    if (isAbsent(tag)) throw withoutStack(() => new StoreError('tag-not-found', tag));
    return deleted;
  },
  async ready() {},
  async close() {},
};

unblockStandardStreams();
const output = new LogOutput(process.stdout, { maxWaiting: 64 * 1024 * 1024, onLoss: () => process.exit(1) });
const metrics = createMetrics();
const { OS_AUTH_URL, IAM_CACHE_SECONDS } = process.env;
const iam =
  OS_AUTH_URL === undefined
    ? undefined
    : openIam(
        { url: new URL(OS_AUTH_URL), ca: undefined, cacheSeconds: Number(IAM_CACHE_SECONDS) },
        createCheckObserver(metrics.registry),
      );
const app = createApp({
  contract: await loadContract(),
  docs: await serveDocs(),
  store,
  authorize: createAuthorize(undefined),
  authenticators: createAuthenticators([...principals, iamPrincipal], iam?.checks),
  requestsPerMinute: 0,
  log: createLog('info', output),
  metrics,
});
await listen(app, { host: '127.0.0.1', port });
// A regular exit, so that --cpu-prof writes its profile.
process.once('SIGTERM', () => process.exit(0));
