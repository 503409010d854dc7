// One client at work, as a process: calls for some seconds, then prints one line of JSON with what it did.
// Each client is loaded only if it is the one to run: undici, once loaded, replaces what Node's own fetch sends with.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type * as Package from '../client/index.ts';
import type { paths } from '../generated/api.ts';
import { operations } from '../generated/contract.ts';
import { signingHeaders } from '../signature/sign.ts';
import { KEYS, NAMESPACE, pathOf, TOKEN, TOKEN_HEADER } from './contract.ts';

/** Deletes a tag once. @throws if the answer is not 204 */
type Call = (tag: string) => Promise<void>;

/** Seconds until V8 has compiled all of the client. */
const WARM_UP_SECONDS = 2;
/** Milliseconds that a call gets, as in the project's client. */
const TRY_MS = 30_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: '' },
    /** The client/index.js of the project's build. */
    package: { type: 'string', default: '' },
    concurrency: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1' },
    /** A single call, and no figures. */
    once: { type: 'boolean', default: false },
  },
});

const clients: Readonly<Record<string, (baseUrl: string) => Call | Promise<Call>>> = {
  /** The project's client, signing. */
  ours: async (baseUrl) => {
    const { createTagClient } = await loadPackage();
    const client = createTagClient({ baseUrl, ...KEYS });
    return async (tag) => void (await client.deleteTag({ namespace: NAMESPACE, repository: 'busybox', tag }));
  },

  /** The same with the transport for many calls. */
  'ours-pooled': async (baseUrl) => {
    const { createPooledFetch, createTagClient } = await loadPackage();
    const client = createTagClient({ baseUrl, ...KEYS, fetch: createPooledFetch() });
    return async (tag) => void (await client.deleteTag({ namespace: NAMESPACE, repository: 'busybox', tag }));
  },

  /** With a token in place of the signature. */
  'ours-token': async (baseUrl) => {
    const { createTagClient } = await loadPackage();
    const client = createTagClient({ baseUrl, token: TOKEN });
    return async (tag) => void (await client.deleteTag({ namespace: NAMESPACE, repository: 'busybox', tag }));
  },

  /** The vendor's Node SDK, signing, as its users call it. It writes to $HOME on load. Its types fail strict settings. */
  sdk: (endpoint) => {
    const load = createRequire(import.meta.url);
    const core = load('@huaweicloud/huaweicloud-sdk-core');
    const swr = load('@huaweicloud/huaweicloud-sdk-swr');
    const credential = new core.BasicCredentials({ ak: KEYS.accessKey, sk: KEYS.secretKey });
    const client = swr.SwrClient.newBuilder().withCredential(credential).withEndpoint(endpoint).build();
    return async (tag) => {
      const request = new swr.DeleteRepoTagRequest().withNamespace(NAMESPACE).withRepository('busybox').withTag(tag);
      const { httpStatusCode } = await client.deleteRepoTag(request);
      if (httpStatusCode !== 204) throw new Error(`the answer was ${httpStatusCode}`);
    };
  },

  /** Node's own fetch: no signature, no check of names, no retry. */
  'plain-fetch': (baseUrl) => async (tag) => {
    const { status } = await fetch(baseUrl + pathOf(tag), { method: 'DELETE', headers: { [TOKEN_HEADER]: TOKEN } });
    if (status !== 204) throw new Error(`the answer was ${status}`);
  },

  /** The same with the signature and a signal that could end it. */
  'signed-fetch': (baseUrl) => async (tag) => {
    const url = new URL(baseUrl + pathOf(tag));
    const headers = signingHeaders('DELETE', url, KEYS, new Date());
    const { signal } = new AbortController();
    const { status } = await fetch(url, { method: 'DELETE', headers, signal });
    if (status !== 204) throw new Error(`the answer was ${status}`);
  },

  /** openapi-fetch on Node's own fetch, as its documentation shows it, with a timer and a signal that end a call. */
  'openapi-fetch': async (baseUrl) => {
    const { default: createClient } = await import('openapi-fetch');
    const client = createClient<paths>({ baseUrl, headers: { [TOKEN_HEADER]: TOKEN } });
    return async (tag) => {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), TRY_MS);
      const path = { namespace: NAMESPACE, repository: 'busybox', tag };
      const { response } = await client.DELETE(operations.deleteRepoTag.path, {
        params: { path },
        signal: controller.signal,
      });
      clearTimeout(timer);
      if (response.status !== 204) throw new Error(`the answer was ${response.status}`);
    };
  },
};

const [name = ''] = positionals;
const create = clients[name];
if (create === undefined) throw new Error(`unknown client '${name}'. Clients: ${Object.keys(clients).join(', ')}`);
const call = await create(values.url);
if (values.once) await call('v1');
else {
  const concurrency = Number(values.concurrency);
  await callFor(WARM_UP_SECONDS, concurrency);
  const before = process.cpuUsage();
  const { calls, seconds } = await callFor(Number(values.seconds), concurrency);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${JSON.stringify({ perSecond: calls / seconds, cpuMicros: (user + system) / calls })}\n`);
}
// Kept connections would keep the process alive.
process.exit(0);

async function loadPackage(): Promise<typeof Package> {
  return (await import(pathToFileURL(values.package).href)) as typeof Package;
}

async function callFor(atLeastSeconds: number, concurrency: number): Promise<{ calls: number; seconds: number }> {
  const begin = performance.now();
  const end = begin + atLeastSeconds * 1000;
  let calls = 0;
  const caller = async () => {
    while (performance.now() < end) {
      calls += 1;
      await call(`v${calls}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return { calls, seconds: (performance.now() - begin) / 1000 };
}
