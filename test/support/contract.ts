// What the tests read from the contract.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { loadContract } from '../../server/http/contract.ts';
import type { WireAnswer } from './wire.ts';

// The document is walked freely here; what is looked for is checked by the tests.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;

/** A named example of an error. */
export interface NamedExample {
  readonly name: string;
  readonly status: number;
  readonly value: ErrorBody;
  /** The examples of its response's required headers. */
  readonly headers: Readonly<Record<string, unknown>>;
}

interface ErrorBody {
  readonly errors: readonly { readonly errorCode: string; readonly errorMessage: string; readonly detail: string }[];
  readonly error_code: string;
  readonly error_msg: string;
  readonly request_id: string;
}

export const contract = (await loadContract()) as Json;

/** The object at a place of the contract, a local reference followed. */
export function resolve(node: Json): Json {
  if (typeof node?.$ref !== 'string') return node;
  return (node.$ref as string)
    .slice(2)
    .split('/')
    .reduce((at: Json, step) => at[step], contract);
}

/** Every operation with its path and method. */
export const operations: { path: string; method: string; operation: Json }[] = Object.entries<Json>(
  contract.paths,
).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([, operation]) => (operation as Json).operationId !== undefined)
    .map(([method, operation]) => ({ path, method, operation })),
);

/** The named examples of an operation. */
export function examplesOf(operation: Json): NamedExample[] {
  return Object.entries(operation.responses).flatMap(([status, node]) => {
    const response = resolve(node);
    const headers = Object.fromEntries(
      Object.entries(response.headers ?? {}).map(([name, header]) => [name, resolve(header).example]),
    );
    const named = Object.entries<{ value: ErrorBody }>(response.content?.['application/json']?.examples ?? {});
    return Number(status) < 400
      ? []
      : named.map(([name, { value }]) => ({ name, status: Number(status), value, headers }));
  });
}

/** Every named example of an error, of every operation. */
export const examples: readonly NamedExample[] = [
  ...new Map(operations.flatMap(({ operation }) => examplesOf(operation)).map((one) => [one.name, one])).values(),
];

/** The answers that the contract declares outside of its operations. */
export const gatewayExamples: readonly Omit<NamedExample, 'headers'>[] = Object.entries(
  contract['x-gateway-responses'] as Record<string, { status: number; value: ErrorBody }>,
).map(([name, { status, value }]) => ({ name, status, value }));

const ajv = new Ajv2020({ strict: false, schemas: { '/contract': contract } });

/** Compiles a schema of the contract by its place, as `components/schemas/Error`. */
export function validator(place: string) {
  return ajv.compile({ $ref: `/contract#/${place}` });
}

const isError = validator('components/schemas/Error');
const requestIdPattern = new RegExp(contract.components.headers.RequestId.schema.pattern);

/** Holds an answer against an example: status, body but for the request id, and the headers that every response has. */
export function expectExample(answer: WireAnswer, name: string): void {
  const example = [...examples, ...gatewayExamples].find((one) => one.name === name);
  if (example === undefined) throw new Error(`the contract has no example ${name}`);
  expectFixedHeaders(answer);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  const body = JSON.parse(answer.body) as ErrorBody;
  expect(isError(body), JSON.stringify(isError.errors)).toBe(true);
  expect({ status: answer.status, body: { ...body, request_id: '' } }).toEqual({
    status: example.status,
    body: { ...example.value, request_id: '' },
  });
  expect(body.request_id).toBe(answer.headers['x-request-id']);
}

/** What every response carries, and what none does. */
export function expectFixedHeaders({ headers }: WireAnswer): void {
  expect(headers['x-request-id']).toMatch(requestIdPattern);
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers).not.toHaveProperty('x-powered-by');
  expect(headers).not.toHaveProperty('etag');
}
