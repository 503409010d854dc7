// The contract with one more operation, as CONTRIBUTING describes it: the list of a repository's tags.
import { afterEach, expect, test } from 'vitest';
import type { AppParts } from '../../../server/app.ts';
import { type ContractDocument, loadContract } from '../../../server/http/contract.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startServer, type TestServer, TOKEN } from '../../support/server.ts';
import { ask, requestText } from '../../support/wire.ts';

/** Half of the handlers that may be at work at once: one repository's share. */
const MAX_A_REPOSITORY = 128;

let server: TestServer;
afterEach(() => server.close());

/** The project's contract, with `GET …/repos/{repository}/tags` as `listRepoTags`. */
async function contractWithList(): Promise<ContractDocument> {
  const contract = await loadContract();
  const [[path, { delete: operation } = {}] = []] = Object.entries(contract.paths);
  if (path === undefined || operation === undefined) throw new Error('the contract has no delete');
  const { parameters } = operation as unknown as { readonly parameters: readonly { readonly $ref: string }[] };
  const ofRepository = parameters.filter(({ $ref }) => !$ref.endsWith('/Tag'));
  const list = { ...operation, operationId: 'listRepoTags', parameters: ofRepository };
  return { ...contract, paths: { ...contract.paths, [path.replace('/{tag}', '')]: { get: list } } };
}

test('A repository whose requests hang does not hold up the other repositories of its organization', async () => {
  let openGate = () => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  const started: string[] = [];
  const listRepoTags = async ({ parameters }: { readonly parameters: { readonly repository: string } }) => {
    started.push(parameters.repository);
    await gate;
    return { status: 204 };
  };
  server = await startServer({
    store: new MemoryStore(),
    contract: await contractWithList(),
    handlers: { listRepoTags } as unknown as NonNullable<AppParts['handlers']>,
  });
  const list = (repository: string) =>
    ask(
      server.url,
      requestText(`GET /v2/manage/namespaces/group/repos/${repository}/tags`, { 'X-Auth-Token': TOKEN }),
      20_000,
    );
  const hanging = Array.from({ length: MAX_A_REPOSITORY }, () => list('one'));
  await expect.poll(() => started.length, { timeout: 30_000 }).toBe(MAX_A_REPOSITORY);
  expect(await list('one'), 'its share is used up').toMatchObject({ status: 429 });
  const other = list('two');
  await expect.poll(() => started).toContain('two');
  openGate();
  for (const answer of [...hanging, other]) expect(await answer).toMatchObject({ status: 204 });
});
