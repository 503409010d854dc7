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

const isError = validator('components/schemas/Error');

describe('the contract keeps its own rules', () => {
  test.each([...examples, ...gatewayExamples])('the example $name has the shape of an error', ({ value }) => {
    expect(isError(value), JSON.stringify(isError.errors)).toBe(true);
  });

  test.each([...examples, ...gatewayExamples])('the example $name says the same in both formats', ({ value }) => {
    expect(value.errors).toHaveLength(1);
    expect(value.errors[0]).toMatchObject({ errorCode: value.error_code, errorMessage: value.error_msg });
  });

  test.each([...examples, ...gatewayExamples])('$name is written in kebab-case', ({ name }) => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('no name stands for two things', () => {
    const names = [...examples, ...gatewayExamples].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(Object.entries<Record<string, unknown>>(contract.components.headers))(
    'the example of the header %s is valid',
    (name, header) => {
      expect(validator(`components/headers/${name}/schema`)(header['example'])).toBe(true);
    },
  );

  test.each(Object.entries<Record<string, unknown>>(contract.components.parameters))(
    'the example of the parameter %s is valid',
    (name, parameter) => {
      expect(validator(`components/parameters/${name}/schema`)(parameter['example'])).toBe(true);
    },
  );

  test.each(
    operations.flatMap(({ operation }) =>
      Object.entries<{ $ref?: string }>(operation.responses).map(([status, node]) => ({ status, node })),
    ),
  )('the response $status is a component, says where it comes from and has a request id', ({ status, node }) => {
    expect(node.$ref).toMatch(/^#\/components\/responses\//);
    const response = resolve(node);
    expect(response['x-source']).toBe(['204', '400', '404', '500'].includes(status) ? 'base document' : 'extension');
    expect(resolve(response.headers['X-Request-Id'])).toMatchObject({ required: true, example: expect.any(String) });
    expect('Retry-After' in response.headers).toBe(status === '429');
  });

  test('no path ends in a slash: the server answers such a path without looking further', () => {
    expect(Object.keys(contract.paths).filter((path) => path.endsWith('/'))).toEqual([]);
  });
});

test.each(operations)(
  'the decision table of $path $method names every example under its status, and nothing else',
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

test.each(operations)('the rules of $path $method point to things that exist', ({ operation }) => {
  for (const rule of operation['x-rules'] ?? []) {
    if (rule.example !== undefined)
      expect(examples).toContainEqual(expect.objectContaining({ name: rule.example, status: rule.status }));
    for (const status of rule.order ?? []) expect(Object.keys(operation.responses)).toContain(String(status));
  }
});
