// What the contract must hold beyond what Redocly's lint checks.
import { describe, expect, test } from 'vitest';
import {
  contract,
  examples,
  examplesOf,
  gatewayExamples,
  operations,
  resolve,
  validator,
} from '../support/contract.ts';

// The document is looked through freely here.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;

const isError = validator('components/schemas/Error');

describe('The contract keeps its own rules', () => {
  test.each([...examples, ...gatewayExamples])('The example $name is a valid error body', ({ value }) => {
    expect(isError(value), JSON.stringify(isError.errors)).toBe(true);
  });

  test.each([...examples, ...gatewayExamples])(
    'The example $name has the same code and message in both formats',
    ({ value }) => {
      expect(value.errors).toHaveLength(1);
      expect(value.errors[0]).toMatchObject({ errorCode: value.error_code, errorMessage: value.error_msg });
    },
  );

  test.each([...examples, ...gatewayExamples])('The name $name is in kebab-case', ({ name }) => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('No two examples have the same name', () => {
    const names = [...examples, ...gatewayExamples].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(Object.entries<Record<string, unknown>>(contract.components.headers))(
    'The example of the header %s matches its schema',
    (name, header) => {
      expect(validator(`components/headers/${name}/schema`)(header['example'])).toBe(true);
    },
  );

  test.each(Object.entries<Record<string, unknown>>(contract.components.parameters))(
    'The example of the parameter %s matches its schema',
    (name, parameter) => {
      expect(validator(`components/parameters/${name}/schema`)(parameter['example'])).toBe(true);
    },
  );

  test.each(
    operations.flatMap(({ operation }) =>
      Object.entries<{ $ref?: string }>(operation.responses).map(([status, node]) => ({ status, node })),
    ),
  )('The response $status is a component, names its source and has a request id', ({ status, node }) => {
    expect(node.$ref).toMatch(/^#\/components\/responses\//);
    const response = resolve(node);
    const isInBase = ['204', '400', '404', '500'].includes(status);
    expect(response['x-source']).toBe(isInBase ? 'base document' : 'vendor documentation');
    expect(resolve(response.headers['X-Request-Id'])).toMatchObject({ required: true, example: expect.any(String) });
    expect('Retry-After' in response.headers).toBe(status === '429');
  });

  test('Every part that providers are judged by says where it comes from', () => {
    const { responses, headers, parameters, securitySchemes, schemas } = contract.components;
    const media = Object.values<Json>(responses).flatMap(({ content = {} }) => Object.values<Json>(content));
    const parts: Json[] = [
      ...operations.flatMap(({ operation }) => [operation, ...(operation['x-rules'] ?? [])]),
      ...[responses, headers, parameters, securitySchemes, schemas].flatMap((one) => Object.values<Json>(one)),
      ...Object.values<Json>(parameters).map(({ schema }) => schema),
      ...media.flatMap((one) => [one, ...Object.values<Json>(one.examples)]),
      ...Object.values<Json>(contract['x-gateway-responses']),
    ];
    const sources = ['base document', 'vendor documentation', 'extension'];
    expect(parts.filter((part) => !sources.includes(part['x-source']))).toEqual([]);
  });

  test('No path ends with a slash: the server refuses such a path before routing', () => {
    expect(Object.keys(contract.paths).filter((path) => path.endsWith('/'))).toEqual([]);
  });
});

test.each(operations)(
  'The decision table of $path $method tells a caller what to do for every example, and lists no other',
  ({ operation }) => {
    const rows = [...(operation.description as string).matchAll(/^\| (\d{3}) \| (.+?) \|/gm)];
    const decided = rows.flatMap(([, status, causes = '']) =>
      [...causes.matchAll(/`(.+?)`/g)].map(([, name]) => `${status} ${name}`),
    );
    expect(decided.toSorted()).toEqual(
      examplesOf(operation)
        .map(({ status, name }) => `${status} ${name}`)
        .toSorted(),
    );
  },
);

test.each(operations)('The rules of $path $method refer to examples and statuses that exist', ({ operation }) => {
  for (const rule of operation['x-rules'] ?? []) {
    if (rule.example !== undefined)
      expect(examples).toContainEqual(expect.objectContaining({ name: rule.example, status: rule.status }));
    for (const status of rule.order ?? []) expect(Object.keys(operation.responses)).toContain(String(status));
  }
});
