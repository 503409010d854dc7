// Deletes one tag a line of standard input with the vendor's Node SDK, and writes what came of it, one JSON a line.
// Its argument is the folder whose node_modules has the SDK.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const load = createRequire(join(process.argv[2], 'package.json'));
const { BasicCredentials } = load('@huaweicloud/huaweicloud-sdk-core');
const { DeleteRepoTagRequest, SwrClient } = load('@huaweicloud/huaweicloud-sdk-swr');

function call(scenario) {
  const credentials = new BasicCredentials({
    ak: scenario.accessKey,
    sk: scenario.secretKey,
    projectId: scenario.projectId,
  });
  if (scenario.securityToken !== undefined) credentials.withSecurityToken(scenario.securityToken);
  const builder = SwrClient.newBuilder().withCredential(credentials).withEndpoint(scenario.endpoint);
  if (scenario.timeoutSeconds !== undefined)
    builder.withOptions({ axiosRequestConfig: { timeout: scenario.timeoutSeconds * 1000 } });
  const client = builder.build();
  return client.deleteRepoTag(
    new DeleteRepoTagRequest()
      .withNamespace(scenario.namespace)
      .withRepository(scenario.repository)
      .withTag(scenario.tag),
  );
}

const resultOf = async (scenario) => {
  if (scenario.retries ?? scenario.callRetries) return { exception: 'NoSuchSetting' };
  return call(scenario).then(
    (response) => ({ status: response.httpStatusCode }),
    (error) => ({
      exception: error.constructor.name,
      status: error.httpStatusCode,
      code: error.errorCode,
      message: error.errorMsg ?? error.message,
      requestId: error.requestId,
    }),
  );
};

async function main() {
  // The SDK prints every failed call at length to standard output.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  for await (const line of createInterface({ input: process.stdin }))
    write(`${JSON.stringify(await resultOf(JSON.parse(line)))}\n`);
}

void main();
