// Which calls the main paths of an operation are made of, and what the contract answers to them.
import { invalidParameter, notFound, unknownQuery } from '../contract/causes.ts';
import { type Example, examplesOf, isLegal, type Operation, type Parameter, ruleOf } from '../contract/contract.ts';
import type { Fixtures } from '../fixtures.ts';

/** Secrets are inputs of the description, which holds none. */
export const TOKEN_INPUTS = { allowed: 'allowedToken', forbidden: 'forbiddenToken' } as const;

/** A request and its answer. */
export interface Call {
  readonly id: string;
  /** Every path parameter, as it travels. */
  readonly path: Readonly<Record<string, string>>;
  /** The name of a query parameter. */
  readonly query?: string;
  /** Undefined sends none. */
  readonly token: string | undefined;
  readonly status: string;
  /** The answer, where the contract says which one of its status it is. */
  readonly example?: Example | undefined;
}

/** Calls in turn, that no other calls depend on. */
type Calls = readonly [Call, ...Call[]];

/** Of what the fixtures and the contract have; the first of the fixtures' tags is deleted. */
export function callsOf(operation: Operation, fixtures: Fixtures): Calls[] {
  const declared = new Set(operation.responses.map(({ status }) => status));
  return [
    deleteTwice(operation, fixtures),
    ...unauthenticated(operation, fixtures),
    ...illegal(operation, fixtures),
    ...missing(operation, fixtures),
    ...provoked(operation, fixtures),
  ].filter((calls) => calls.every(({ status }) => declared.has(status)));
}

/** A call of the allowed caller's for the first tag. */
function call(
  operation: Operation,
  { images }: Fixtures,
  id: string,
  status: string,
  change: Partial<Call> = {},
): Call {
  const { tags, ...names } = images;
  const path = asSent(operation, { ...names, tag: tags[0] ?? '' });
  return { id, token: `$inputs.${TOKEN_INPUTS.allowed}`, status, ...change, path: { ...path, ...change.path } };
}

function deleteTwice(operation: Operation, fixtures: Fixtures): Calls {
  const success = operation.responses.find(({ status }) => status.startsWith('2'))?.status ?? '';
  const rule = ruleOf(operation, 'second-delete-is-not-found');
  const example = examplesOf(operation).find(({ name }) => name === rule?.example);
  const again = example && call(operation, fixtures, 'delete-again', example.status, { example });
  return [call(operation, fixtures, 'delete', success), ...(again ? [again] : [])];
}

function unauthenticated(operation: Operation, fixtures: Fixtures): Calls[] {
  const forbidden = `$inputs.${TOKEN_INPUTS.forbidden}`;
  return [
    [call(operation, fixtures, 'no-token', '401', { token: undefined })],
    [call(operation, fixtures, 'unknown-token', '401', { token: 'a-token-of-nobody' })],
    ...(fixtures.credentials.forbidden?.token === undefined
      ? []
      : [[call(operation, fixtures, 'forbidden', '403', { token: forbidden })] as const]),
  ];
}

function illegal(operation: Operation, fixtures: Fixtures): Calls[] {
  const ofNames = pathParameters(operation).flatMap((parameter) =>
    illegalValues(parameter).map(([kind, value]): Calls => {
      const [path, example] = [{ [parameter.name]: value }, invalidParameter(operation, parameter)];
      return [call(operation, fixtures, `${parameter.name}-${kind}`, '400', { path, example })];
    }),
  );
  const query = { query: 'unknown', example: unknownQuery(operation) };
  return query.example === undefined ? ofNames : [...ofNames, [call(operation, fixtures, 'query', '400', query)]];
}

/** Illegal values by what is wrong with them, as they travel: respect puts them into the URL as they are. */
function illegalValues(parameter: Parameter): (readonly [kind: string, value: string])[] {
  const tooLong = 'a'.repeat((parameter.maxLength ?? 0) + 1);
  const values = { 'too-long': tooLong, 'escaped-slash': 'a%2Fa', 'escaped-nul': 'a%00a', 'leading-dot': '.a' };
  return Object.entries(values).filter(([, value]) => !isLegal(parameter, decodeURIComponent(value)));
}

function missing(operation: Operation, fixtures: Fixtures): Calls[] {
  const absent = Object.entries(asSent(operation, fixtures.absent));
  return absent.flatMap(([name, value]) => {
    const parameter = pathParameters(operation).find((one) => one.name === name);
    if (parameter === undefined) return [];
    const example = notFound(operation, parameter);
    return [[call(operation, fixtures, `no-such-${name}`, '404', { path: { [name]: value }, example })] as const];
  });
}

/** By a status, or by the name of an example. */
function provoked(operation: Operation, { provoke, ...fixtures }: Fixtures): Calls[] {
  return Object.entries(provoke).map(([key, image]): Calls => {
    const example = examplesOf(operation).find(({ name }) => name === key);
    const change = { path: asSent(operation, image), example };
    return [call(operation, { provoke, ...fixtures }, `provoked-${key}`, example?.status ?? key, change)];
  });
}

const pathParameters = ({ parameters }: Operation) => parameters.filter((one) => one.in === 'path');

/** Names as they travel: the contract may have a character of one sent as another. */
function asSent({ rules }: Operation, names: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const sent = Object.entries(names).flatMap(([name, value]) => {
    const rule = rules.find(({ substitution }) => substitution?.parameter === name)?.substitution;
    return value === undefined ? [] : [[name, rule ? value.replaceAll(rule.character, rule.sentAs) : value]];
  });
  return Object.fromEntries(sent);
}
