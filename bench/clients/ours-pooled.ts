// The project's client, signing, with the transport for many calls.
import { createPooledFetch, createTagClient } from '../../client/index.ts';
import { KEYS, NAMESPACE } from '../servers/contract.ts';
import { runClient } from './run.ts';

await runClient((baseUrl) => {
  const client = createTagClient({ baseUrl, ...KEYS, fetch: createPooledFetch() });
  return async (tag) => {
    await client.deleteTag({ namespace: NAMESPACE, repository: 'busybox', tag });
  };
});
