// Which named example of the contract is the cause of what: found by what the example says, not by its spelling here.
import { type Contract, type Example, examplesOf, type Operation, type Parameter, ruleOf } from './contract.ts';

/** The answer to an illegal value of a parameter: its detail names the parameter, or its own name does. */
export function invalidParameter(operation: Operation, { name }: Parameter): Example | undefined {
  const bad = examplesOf(operation, '400').filter(({ detail, name: cause }) => !/query/i.test(`${detail} ${cause}`));
  return bad.find(({ detail }) => detail?.endsWith(`parameter: ${name}`)) ?? bad.find((one) => words(one).has(name));
}

/** The answer to a query parameter that the operation does not declare. */
export function unknownQuery(operation: Operation): Example | undefined {
  return examplesOf(operation, '400').find(({ detail, name }) => /query/i.test(`${detail} ${name}`));
}

/**
 * The answer where what a path parameter names does not exist. The last one's is what the rule of the second delete
 * says; the others' names, or what is left in their order.
 */
export function notFound(operation: Operation, parameter: Parameter): Example | undefined {
  const examples = examplesOf(operation, '404');
  const path = operation.parameters.filter((one) => one.in === 'path');
  const ofRule = examples.find(({ name }) => name === ruleOf(operation, 'second-delete-is-not-found')?.example);
  const last = path.at(-1);
  if (parameter === last && ofRule !== undefined) return ofRule;
  const named = new Map(path.map((one) => [one, one === last ? ofRule : undefined]));
  for (const one of path) {
    if (named.get(one) !== undefined) continue;
    named.set(
      one,
      examples.find((example) => words(example).has(one.name) && ![...named.values()].includes(example)),
    );
  }
  const left = examples.filter((example) => ![...named.values()].includes(example));
  for (const one of path) if (named.get(one) === undefined) named.set(one, left.shift());
  return named.get(parameter);
}

/**
 * The answers to who is not known, for a reason. Where no example's name tells of it, which one is right cannot be told:
 * any is.
 */
export function unauthorized(operation: Operation, reason: RegExp): readonly [Example, ...Example[]] | undefined {
  const [first, ...others] = examplesOf(operation, '401');
  if (first === undefined) return undefined;
  const named = [first, ...others].find(({ name }) => reason.test(name));
  return named === undefined ? [first, ...others] : [named];
}

/** How the name of the example tells that there are no credentials. */
export const NO_CREDENTIALS = /missing|no-credentials/;

/** Answers outside the operations, of a status. */
export function gatewayExample({ gateway }: Contract, status: string): Example | undefined {
  return gateway.examples.find((one) => one.status === status);
}

function words({ name }: Example): Set<string> {
  return new Set(name.split(/[^A-Za-z0-9]+/));
}
