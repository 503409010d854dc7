// What is proven legal without the validator must be what the validator accepts, for any request and contract.
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import express, { type Request, type Response } from 'express';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { operations } from '../../../generated/contract.ts';
import { type ContractDocument, loadContract } from '../../../server/http/contract.ts';
import { chain } from '../../../server/http/request/chain.ts';
import { createProof } from '../../../server/http/request/plain-requests.ts';
import { operationIdOf, pathParametersOf, validatorSteps } from '../../../server/http/request/validate.ts';
import { withEitherScheme } from '../../../server/http/request/validator-quirks.ts';

const { path: TEMPLATE, parameters } = operations.deleteRepoTag;
const own = await loadContract();

/** The project's contract with operations that a proof could take for legal, and a path that fits two templates. */
function withNeighbours(isAmbiguous: boolean): ContractDocument {
  const operation = own.paths[TEMPLATE]?.['delete'];
  if (operation === undefined) throw new Error('the contract has no delete');
  const ofRepository = operation.parameters?.filter((node) => !JSON.stringify(node).includes('Tag'));
  const force = { name: 'force', in: 'query', required: true, schema: { type: 'string' } };
  const item = {
    delete: operation,
    get: { ...operation, operationId: 'getTag', parameters: [...(operation.parameters ?? []), force] },
    put: { ...operation, operationId: 'putTag', requestBody: { required: true, content: {} } },
  };
  const list = { ...operation, operationId: 'listTags', parameters: ofRepository ?? [] };
  return {
    ...own,
    paths: {
      [TEMPLATE]: item,
      [TEMPLATE.replace('/{tag}', '')]: { get: list },
      ...(isAmbiguous && {
        [TEMPLATE.replace('{tag}', 'latest')]: { delete: { ...list, operationId: 'deleteLatest' } },
      }),
    },
  };
}

const legal = Object.values(parameters).map(({ pattern, maxLength }) =>
  fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length <= maxLength),
);
const odd = fc.oneof(
  fc.constantFrom(
    '',
    '.',
    '..',
    'latest',
    'v1/',
    'a//b',
    '%41',
    '%2F',
    'v1?',
    'v1?force=1',
    'v1#x',
    'v1;x',
    'V1',
    'a$b',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ minLength: 63, maxLength: 130, unit: fc.constantFrom('a', '-', '1') }),
);
const names = fc.tuple(...legal.map((one) => fc.oneof({ weight: 6, arbitrary: one }, { weight: 1, arbitrary: odd })));
const template = fc.constantFrom(
  ...[TEMPLATE, TEMPLATE, TEMPLATE, TEMPLATE.replace('/{tag}', ''), TEMPLATE.replace('{tag}', 'latest')],
  ...[TEMPLATE.toUpperCase(), `${TEMPLATE}/`, `${TEMPLATE}/x`, `/${TEMPLATE}`, TEMPLATE.replace('/repos', '/repos/')],
);
const requests = fc.record({
  method: fc.constantFrom('DELETE', 'DELETE', 'DELETE', 'delete', 'GET', 'PUT', 'PROPFIND'),
  url: fc.tuple(template, names).map(([path, values]) => {
    const list = [...(values as string[])];
    return path.replaceAll(/\{\w+\}/g, () => list.shift() ?? '');
  }),
  headers: fc.dictionary(
    fc.constantFrom('content-type', 'content-length', 'transfer-encoding', 'x-force', 'cookie'),
    fc.constantFrom('0', '2', 'chunked', 'application/json', 'not_provided#/properties/body'),
    { maxKeys: 1 },
  ),
});

/** Judges a request with the validator, for a caller who is known. */
function createJudge(contract: ContractDocument) {
  const app = express();
  app.enable('strict routing');
  app.enable('case sensitive routing');
  const accept = async () => true;
  const validate = chain(
    validatorSteps(withEitherScheme(structuredClone(contract), { AuthToken: accept, RequestSignature: accept })),
  );
  return async ({ method, url, headers }: { method: string; url: string; headers: Record<string, string> }) => {
    const request = Object.setPrototypeOf(new IncomingMessage(new Socket()), app.request) as Request;
    Object.assign(request, { method, url, originalUrl: url, baseUrl: '' });
    request.headers = { ...headers, 'x-auth-token': 'any' };
    await new Promise<void>((resolve, reject) =>
      validate(request, {} as Response, (error?: unknown) => (error === undefined ? resolve() : reject(error))),
    );
    return { operation: operationIdOf(request), names: { ...pathParametersOf(request) } };
  };
}

test.each([
  ['of this project', own],
  ['with other operations', withNeighbours(false)],
  ['with a path that fits two templates', withNeighbours(true)],
])(
  'A request of a contract %s that skips the validator is one that the validator accepts, with the same names',
  async (_, contract) => {
    const prove = createProof(contract);
    const judge = createJudge(contract);
    let proven = 0;
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const match = prove(request);
        if (match === undefined) return;
        proven += 1;
        const found = { operation: match.schema.operationId, names: match.pathParams };
        expect(found).toEqual(await judge(request));
      }),
      { numRuns: 3_000 },
    );
    // Otherwise nothing was compared.
    expect(proven).toBeGreaterThan(10);
  },
);

test('An ordinary delete needs no validator', () => {
  const url = '/v2/manage/namespaces/group/repos/team$app/tags/v1';
  expect(createProof(own)({ method: 'DELETE', url, headers: {} })).toMatchObject({
    schema: { operationId: 'deleteRepoTag' },
    pathParams: { namespace: 'group', repository: 'team$app', tag: 'v1' },
  });
});
