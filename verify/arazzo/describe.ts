// The main paths of the contract as an Arazzo description, so that a judge who is not of this project, Redocly's
// respect, can follow them. What the description asks for stands in the contract.
import { CannotRun } from '../cannot-run.ts';
import { type Contract, type Example, examplesOf, type Header, type Operation } from '../contract/contract.ts';
import type { Fixtures } from '../fixtures.ts';
import { type Call, callsOf, TOKEN_INPUTS } from './calls.ts';

/** The name of the contract in the description; `respect --server contract=URL` says where it is served. */
export const SOURCE = 'contract';

/**
 * Describes the main paths of each operation of the contract: workflows that do not depend on each other.
 * @param contractUrl where the contract stands, as seen from the description
 * @throws CannotRun where the fixtures have no token
 */
export function describeMainPaths(contract: Contract, fixtures: Fixtures, contractUrl: string): object {
  if (fixtures.credentials.allowed.token === undefined) {
    throw new CannotRun(['the main paths need credentials.allowed.token: respect cannot sign requests']);
  }
  return {
    arazzo: '1.0.1',
    info: { title: `${contract.title}: the main paths`, version: contract.version },
    sourceDescriptions: [{ name: SOURCE, type: 'openapi', url: contractUrl }],
    workflows: contract.operations.flatMap((operation) =>
      callsOf(operation, fixtures).map((calls) => workflowOf(operation, calls)),
    ),
  };
}

function workflowOf(operation: Operation, calls: readonly [Call, ...Call[]]): object {
  const inputs = Object.values(TOKEN_INPUTS).map((name) => [name, { type: 'string', format: 'password' }]);
  return {
    workflowId: `${operation.id}-${calls[0].id}`,
    inputs: { type: 'object', properties: Object.fromEntries(inputs) },
    steps: calls.map((call) => ({
      stepId: call.id,
      operationId: operation.id,
      parameters: parametersOf(operation, call),
      successCriteria: criteriaOf(operation, call).map((condition) => ({ condition })),
    })),
  };
}

function parametersOf({ security }: Operation, { path, query, token }: Call): object[] {
  const header = security.find(({ kind }) => kind === 'token')?.header;
  return [
    ...Object.entries(path).map(([name, value]) => ({ name, in: 'path', value })),
    ...(query === undefined ? [] : [{ name: query, in: 'query', value: 'true' }]),
    ...(header === undefined || token === undefined ? [] : [{ name: header, in: 'header', value: token }]),
  ];
}

/**
 * What is asked of an answer besides the schema and the content type, which respect takes from the contract: the
 * headers that have to be there, the code in both formats, and that the request id is that of the header.
 */
function criteriaOf(operation: Operation, { status, example }: Call): string[] {
  const response = operation.responses.find((one) => one.status === status);
  const required = response?.headers.filter((one) => one.required) ?? [];
  const code = example?.code ?? onlyCode(examplesOf(operation, status));
  const requestId = required.find(({ name }) => /request-id/i.test(name));
  return [
    `$statusCode == ${status}`,
    ...required.map((one) => `${headerOf(one)} != null`),
    ...(code === undefined ? [] : [`${BODY}error_code == '${code}'`, `${BODY}errors/0/errorCode == '${code}'`]),
    ...(code === undefined || requestId === undefined ? [] : [`${BODY}request_id == ${headerOf(requestId)}`]),
  ];
}

const BODY = '$response.body#/';

/** respect knows headers in lower case only. */
const headerOf = ({ name }: Header) => `$response.header.${name.toLowerCase()}`;

/** The code that all examples share. */
function onlyCode(examples: readonly Example[]): string | undefined {
  const codes = new Set(examples.map(({ code }) => code));
  return codes.size === 1 ? examples[0]?.code : undefined;
}
