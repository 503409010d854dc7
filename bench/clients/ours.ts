// The project's client, signing.
import { createTagClient } from '../../client/index.ts';
import { KEYS, NAMESPACE } from '../servers/contract.ts';
import { runClient } from './run.ts';

await runClient((baseUrl) => {
  const client = createTagClient({ baseUrl, ...KEYS });
  return async (tag) => {
    await client.deleteTag({ namespace: NAMESPACE, repository: 'busybox', tag });
  };
});
