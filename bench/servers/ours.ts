// The project's server with everything it has in production, composed as in server/main.ts. Only the store differs: it
// keeps nothing, so that requests are measured and not the disk.
import { pino } from 'pino';
import { createApp } from '../../server/app.ts';
import { createSignatureVerifier } from '../../server/http/auth/signature.ts';
import { createTokenLookup } from '../../server/http/auth/token.ts';
import { loadContract } from '../../server/http/contract.ts';
import { serveDocs } from '../../server/http/docs.ts';
import { listen } from '../../server/http/listener/listen.ts';
import { createAuthorize } from '../../server/operations/authorize.ts';
import { createMetrics } from '../../server/operator/metrics.ts';
import { withoutStack } from '../../server/process/without-stack.ts';
import { type Store, StoreError } from '../../server/store.ts';
import { isAbsent, port, principals } from '../contract.ts';

const deleted = { digests: [`sha256:${'0'.repeat(64)}`] };

const store: Store = {
  async deleteTag({ tag }) {
    if (isAbsent(tag)) throw withoutStack(() => new StoreError('tag-not-found', tag));
    return deleted;
  },
  async ready() {},
  async close() {},
};

const output = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: 64 * 1024 * 1024 });
const app = createApp({
  contract: await loadContract(),
  docs: await serveDocs(),
  store,
  authorize: createAuthorize(undefined),
  authenticators: {
    principalOfToken: createTokenLookup(principals),
    verifySignature: createSignatureVerifier(principals),
  },
  requestsPerMinute: 0,
  log: pino({ level: 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime }, output),
  metrics: createMetrics(),
});
await listen(app, { host: '127.0.0.1', port });
// A regular exit, so that --cpu-prof writes its profile.
process.once('SIGTERM', () => process.exit(0));
