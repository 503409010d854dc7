// The cases come from the contract: a provider of another contract is checked by that one. Here the provider stays and
// the contract changes; what the check says has to change with it.
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { contractOf, defaultContractFile } from '../../../verify/contract/read-contract.ts';
import { correct } from '../../../verify/faulty-providers/correct.ts';
import { startProvider } from '../../../verify/faulty-providers/provider.ts';
import { fixturesOf } from '../../../verify/fixtures.ts';
import { verifyProvider } from '../../../verify/provider/verify-provider.ts';
import type { Report } from '../../../verify/report/model.ts';

// The document is changed freely here.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;

const text = await readFile(defaultContractFile, 'utf8');
const operationOf = (document: Json) => (Object.values(document.paths)[0] as Json).delete;

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** Checks a provider of the contract as it is by a contract that is changed. */
async function checkBy(change: (document: Json) => void, see: (path: string) => void = () => {}): Promise<Report> {
  const document = parse(text) as Json;
  change(document);
  const provider = await startProvider({
    match: (path) => {
      see(path);
      // One test's contract says v9: the provider is there as well.
      return correct.match(path.replace(/^\/v9\//, '/v2/'));
    },
  });
  close = provider.close;
  const contract = contractOf(document, 'changed.yaml');
  return verifyProvider({ baseUrl: provider.url, fixtures: fixturesOf(provider.fixtures), contract, seed: 1 });
}

/** The cases that found something, at whatever level. */
const violated = ({ findings }: Report) =>
  findings.filter(({ verdict }) => verdict === 'violated').map(({ id }) => id.replace(/:(?:vendor|full)$/, ''));

/** A change of the contract, and the cases that alone find the provider at fault then. */
const changes: readonly [title: string, change: (document: Json) => void, caught: readonly string[]][] = [
  ['nothing', () => {}, []],
  [
    'a shorter tag',
    ({ components }) => {
      Object.assign(components.parameters.Tag.schema, { maxLength: 20, pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]*$' });
    },
    ['tag/too-long-by-1'],
  ],
  [
    'a longer tag',
    ({ components }) => {
      Object.assign(components.parameters.Tag.schema, { maxLength: 200, pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]*$' });
    },
    ['tag/longest'],
  ],
  [
    'a longest namespace of 60 characters',
    ({ components }) => {
      components.parameters.Namespace.schema.maxLength = 60;
    },
    ['namespace/too-long-by-1'],
  ],
  [
    'a pattern that allows capitals',
    ({ components }) => {
      components.parameters.Namespace.schema.pattern = '^[a-zA-Z][a-zA-Z0-9]*(?:(?:\\.|__?|-+)[a-z0-9]+)*$';
    },
    ['namespace/within-its-alphabet', 'namespace/random-legal'],
  ],
  [
    'a pattern without underscores',
    ({ components }) => {
      components.parameters.Repository.schema.pattern = '^[a-z0-9]+(?:(?:\\.|-+|\\$)[a-z0-9]+)*$';
    },
    ['repository/outside-its-alphabet'],
  ],
  [
    'another error code',
    ({ components }) => {
      const { examples } = components.responses.Unauthorized.content['application/json'];
      for (const { value } of Object.values<Json>(examples)) value.error_code = 'SVCSTG.SWR.4019999';
    },
    ['authentication/none', 'authentication/unknown-token', 'order/no-credentials-and-absent-tag'],
  ],
  [
    'another order of checks',
    (document) => {
      operationOf(document)['x-rules'][0].order = ['400', '401', '403', '404'];
    },
    ['order/illegal-tag-and-no-credentials'],
  ],
  [
    'another success',
    (document) => {
      const { responses } = operationOf(document);
      responses['202'] = responses['204'];
      delete responses['204'];
    },
    ['delete/twice', 'delete/simultaneous', 'delete/siblings'],
  ],
  [
    'one more header',
    ({ components }) => {
      components.responses.NoContent.headers['X-Digest'] = { required: true, schema: { type: 'string' } };
    },
    ['delete/twice', 'delete/by-signature'],
  ],
  [
    'a token of 16 characters at most, of which the fixtures’ is none',
    ({ components }) => {
      components.securitySchemes.AuthToken['x-max-length'] = 16;
      components.responses.Unauthorized.content['application/json'].examples['unknown-token'].value.error_code = 'X';
    },
    ['authentication/over-length-token'],
  ],
  [
    'a clock that may be five minutes off',
    ({ components }) => {
      components.securitySchemes.RequestSignature['x-max-clock-skew-seconds'] = 300;
    },
    ['authentication/signed-too-early', 'authentication/signed-too-late'],
  ],
  [
    'another sign for a slash',
    (document) => {
      operationOf(document)['x-rules'].find((one: Json) => one.character === '/').sentAs = '.';
    },
    ['delete/twice'],
  ],
  [
    'another method that the path has',
    (document) => {
      const [item] = Object.values<Json>(document.paths);
      item.get = { ...item.delete, operationId: 'other' };
    },
    ['method/head', 'method/post'],
  ],
];

test.each(changes)('%s', async (_, change, caught) => {
  const report = await checkBy(change);
  if (caught.length === 0) return expect(violated(report)).toEqual([]);
  expect(violated(report)).toEqual(expect.arrayContaining([...caught]));
});

test('a bound that moves by one moves the cases by one, and nothing else is found', async () => {
  const report = await checkBy(({ components }) => {
    components.parameters.Namespace.schema.maxLength = 63;
  });

  expect(violated(report)).toEqual(['namespace/too-long-by-1']);
});

test('examples of other names are the causes then', async () => {
  const report = await checkBy((document) => {
    const { examples } = document.components.responses.BadRequest.content['application/json'];
    examples['tag-is-nonsense'] = examples['invalid-tag'];
    delete examples['invalid-tag'];
  });

  const causes = new Set(report.findings.filter(({ id }) => id.startsWith('tag/')).map(({ cause }) => cause));
  expect([...causes]).toEqual(['tag-is-nonsense']);
  expect(violated(report)).toEqual([]);
});

test('another path is asked for, and the paths around it', async () => {
  const asked: string[] = [];
  await checkBy(
    (document) => {
      const paths = Object.entries<Json>(document.paths);
      document.paths = Object.fromEntries(paths.map(([path, item]) => [path.replace('/v2/', '/v9/'), item]));
    },
    (path) => asked.push(path),
  );

  expect(asked).toContainEqual(expect.stringContaining('/v9/manage/namespaces/group/repos/team$app/tags/'));
  expect(asked.filter((one) => one.includes('/v2/'))).toEqual([]);
});

test('an answer that no case provokes has a row, and the fixture key that would arrange it', async () => {
  const report = await checkBy((document) => {
    const { responses } = operationOf(document);
    responses['409'] = structuredClone(document.components.responses.TooManyRequests);
    const { content } = responses['409'];
    content['application/json'].examples = { 'in-use': content['application/json'].examples.throttled };
  });

  expect(report.findings.find(({ cause }) => cause === 'in-use')).toMatchObject({
    status: '409',
    verdict: 'not-verified',
    fixture: 'provoke.409',
  });
});

test('every example that the contract declares is a row', async () => {
  const document = parse(text) as Json;
  const { findings } = await checkBy(() => {});
  const rows = new Set(findings.map(({ status, cause }) => `${status} ${cause}`));
  const declared = Object.entries<Json>(operationOf(document).responses).flatMap(([status, { $ref }]) => {
    const response = document.components.responses[$ref.split('/').at(-1)];
    return Object.keys(response.content?.['application/json']?.examples ?? { success: {} }).map(
      (name) => `${status} ${name}`,
    );
  });
  const outside = Object.entries<Json>(document['x-gateway-responses']).map(
    ([name, { status }]) => `${status} ${name}`,
  );

  expect([...declared, ...outside].filter((row) => !rows.has(row))).toEqual([]);
});

test('a contract without signatures is checked without them', async () => {
  const report = await checkBy((document) => {
    delete document.components.securitySchemes.RequestSignature;
    document.security = [{ AuthToken: [] }];
  });

  const sent = report.findings.flatMap(({ violations }) => violations.map(({ exchange }) => exchange?.sent ?? ''));
  expect(sent.filter((one) => one.includes('Authorization'))).toEqual([]);
  const tried = report.findings.filter(({ verdict }) => verdict !== 'not-verified').map(({ id }) => id);
  expect(tried.filter((id) => id.includes('sign'))).toEqual([]);
});

/** The parameter of the path under another name. */
function renamed(document: Json, from: string, to: string): void {
  const parameters = Object.values<Json>(document.components.parameters);
  Object.assign(
    parameters.find((one) => one.name === from && one.in === 'path'),
    { name: to, example: 'theirs' },
  );
  const paths = Object.entries<Json>(document.paths);
  document.paths = Object.fromEntries(paths.map(([path, item]) => [path.replace(`{${from}}`, `{${to}}`), item]));
}

test('a parameter of another name is filled by its place, never by the example of the contract: that may be somebody’s', async () => {
  const targets: string[] = [];
  const report = await checkBy(
    (document) => renamed(document, 'namespace', 'organization'),
    (path) => void targets.push(path),
  );

  expect(report.findings.find(({ id }) => id === 'delete/twice')?.verdict).toBe('verified');
  expect(violated(report)).toEqual([]);
  expect(targets.filter((one) => one.includes('/theirs/') || one.includes('organization'))).toEqual([]);
});

test('a parameter that no fixture fills is said so, and nothing is sent', async () => {
  const targets: string[] = [];
  const checked = checkBy(
    (document) => {
      const paths = Object.entries<Json>(document.paths);
      document.paths = Object.fromEntries(
        paths.map(([path, item]) => [path.replace('/repos/', '/projects/{project}/repos/'), item]),
      );
      const [item] = Object.values<Json>(document.paths);
      const project = { name: 'project', in: 'path', required: true, schema: { type: 'string' }, example: 'theirs' };
      (item.parameters ?? item.delete.parameters).push(project);
    },
    (path) => void targets.push(path),
  );

  await expect(checked).rejects.toThrow('nothing in the fixtures fills {project}');
  expect(targets).toEqual([]);
});
