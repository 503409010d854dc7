// The vendor's Node SDK, unmodified. It is loaded without its types, which do not compile under strict settings, and
// makes its clients with a HOME of its own, since each of them writes $HOME/.huaweicloud if it is missing.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessKeyPair } from '../../signature/sign.ts';

const home = mkdtempSync(join(tmpdir(), 'swr-tag-delete-sdk-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** HOME is put back: other files run in this process too. */
function atHome<T>(work: () => T): T {
  const { HOME } = process.env;
  process.env['HOME'] = home;
  try {
    return work();
  } finally {
    if (HOME === undefined) delete process.env['HOME'];
    else process.env['HOME'] = HOME;
  }
}

const load = createRequire(import.meta.url);
const core = load('@huaweicloud/huaweicloud-sdk-core');
const swr = load('@huaweicloud/huaweicloud-sdk-swr');
const { AKSKSigner } = load('@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js');

// It prints every failed call at length.
load('log4js').configure({
  appenders: { out: { type: 'stdout' } },
  categories: { default: { appenders: ['out'], level: 'off' } },
});

/** What it throws for a 4xx. */
export const { ClientRequestException } = load('@huaweicloud/huaweicloud-sdk-core/exception/ClientRequestException.js');
/** What it throws for a 5xx. */
export const { ServerResponseException } = load(
  '@huaweicloud/huaweicloud-sdk-core/exception/ServerResponseException.js',
);

const credentialsOf = ({ accessKey, secretKey }: AccessKeyPair) =>
  new core.BasicCredentials({ ak: accessKey, sk: secretKey });

/** Deletes a tag as the SDK's users do; names are sent as they are given. */
export function sdkDelete(
  endpoint: string,
  keys: AccessKeyPair,
  { namespace, repository, tag }: { readonly namespace: string; readonly repository: string; readonly tag: string },
): Promise<unknown> {
  const builder = swr.SwrClient.newBuilder().withCredential(credentialsOf(keys)).withEndpoint(endpoint);
  const client = atHome(() => builder.build());
  return client.deleteRepoTag(
    new swr.DeleteRepoTagRequest().withNamespace(namespace).withRepository(repository).withTag(tag),
  );
}

/** The Authorization header that the SDK's signer makes of a request without a body. */
export function sdkAuthorization(
  method: string,
  endpoint: string,
  headers: Record<string, string>,
  keys: AccessKeyPair,
): string {
  return AKSKSigner.sign({ method, endpoint, headers }, credentialsOf(keys)).Authorization;
}
