// Checks whether a request keeps the contract, and which answer it must get if it does not.
import { gatewayExample, invalidParameter, unknownQuery } from '../contract/causes.ts';
import { type Contract, isLegal, type Operation, type Parameter } from '../contract/contract.ts';
import { type RequestMessage, valuesOf } from '../wire/messages.ts';
import { judgeCredentials } from './judge-credentials.ts';
import { type Match, matchOperation } from './match.ts';
import { fault, type RequestFault } from './request-fault.ts';

/**
 * Everything that is wrong with a request, in the order in which a provider checks: path, method, credentials, parameters.
 * Whether credentials are valid cannot be told from outside.
 */
export function judgeRequest(contract: Contract, request: RequestMessage): RequestFault[] {
  const match = matchOperation(contract, request.method, request.target);
  if (match === undefined) {
    return [fault(gatewayExample(contract, '404'), '#/paths', '404', 'The contract has no such path.')];
  }
  const [operation] = match.operations;
  if (!match.hasMethod) {
    const message = `The path does not have the method; it has ${operation.methods.join(', ')}.`;
    const found = `method: ${JSON.stringify(request.method)}`;
    return [fault(gatewayExample(contract, '405'), operation.pointer, '405', message, found)];
  }
  return [
    ...judgeCredentials(operation, request),
    ...operation.parameters.flatMap((one) => judgeParameter(operation, one, match, request)),
    ...judgeQuery(operation, request.target),
  ];
}

function judgeParameter(
  operation: Operation,
  parameter: Parameter,
  { raw }: Match,
  request: RequestMessage,
): RequestFault[] {
  const { name, pointer, required } = parameter;
  const value = sentValue(parameter, raw, request);
  if (value === undefined && !required) return [];
  if (value !== undefined && value.text !== undefined && isLegal(parameter, value.text)) return [];
  const message =
    value === undefined
      ? `The parameter ${name} is missing; it is required.`
      : `The parameter ${name} breaks its pattern, its length or its encoding.`;
  const found = value && `${name}: ${JSON.stringify(value.text ?? value.raw)}`;
  return [fault(invalidParameter(operation, parameter), `${pointer}/schema`, '400', message, found)];
}

/** As sent, and decoded; `text` is undefined if it cannot be decoded. */
function sentValue({ in: place, name }: Parameter, raw: Match['raw'], request: RequestMessage) {
  if (place === 'path') return decoded(raw.get(name));
  if (place === 'query') return decoded(queryOf(request.target).get(name));
  if (place === 'header') {
    const [value] = valuesOf(request, name);
    return value === undefined ? undefined : { raw: value, text: value };
  }
  return undefined;
}

function decoded(raw: string | undefined) {
  if (raw === undefined) return undefined;
  try {
    return { raw, text: decodeURIComponent(raw) };
  } catch {
    return { raw, text: undefined };
  }
}

function judgeQuery(operation: Operation, target: string): RequestFault[] {
  const known = new Set(operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name));
  return [...queryOf(target).keys()]
    .filter((name) => !known.has(name))
    .map((name) => {
      const [message, found] = [
        'The operation does not declare this query parameter.',
        `query: ${JSON.stringify(name)}`,
      ];
      return fault(
        unknownQuery(operation),
        unknownQuery(operation)?.pointer ?? operation.pointer,
        '400',
        message,
        found,
      );
    });
}

/** The query's parameters; the values as they were sent. */
function queryOf(target: string): Map<string, string> {
  const at = target.indexOf('?');
  const pairs =
    at === -1
      ? []
      : target
          .slice(at + 1)
          .split('&')
          .filter((pair) => pair !== '');
  return new Map(pairs.map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]));
}
