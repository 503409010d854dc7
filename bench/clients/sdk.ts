// The vendor's Node SDK, signing, as its users call it. It writes to $HOME as soon as it is loaded, which the benchmark
// sets; its types do not compile under strict settings.
import { createRequire } from 'node:module';
import { KEYS, NAMESPACE } from '../servers/contract.ts';
import { runClient } from './run.ts';

const load = createRequire(import.meta.url);
const core = load('@huaweicloud/huaweicloud-sdk-core');
const swr = load('@huaweicloud/huaweicloud-sdk-swr');

await runClient((endpoint) => {
  const credential = new core.BasicCredentials({ ak: KEYS.accessKey, sk: KEYS.secretKey });
  const client = swr.SwrClient.newBuilder().withCredential(credential).withEndpoint(endpoint).build();
  return async (tag) => {
    const request = new swr.DeleteRepoTagRequest().withNamespace(NAMESPACE).withRepository('busybox').withTag(tag);
    const { httpStatusCode } = await client.deleteRepoTag(request);
    if (httpStatusCode !== 204) throw new Error(`the answer was ${httpStatusCode}`);
  };
});
