// Finds the named example that answers a cause. The examples declare their cause: `x-cause`.
import { type Contract, type Example, examplesOf, type Operation, type Parameter, ruleOf } from './contract.ts';

/** Why credentials are refused: the values of `x-cause: {credentials: …}`. */
export type CredentialsCause =
  | 'missing'
  | 'unknown-token'
  | 'wrong-signature'
  | 'expired-signature'
  | 'malformed'
  | 'unsigned-date'
  | 'absent-signed-header'
  | 'ambiguous';

/** The answer to an illegal value of a parameter: `x-cause: {parameter: tag}` on a 400. */
export function invalidParameter(operation: Operation, parameter: Parameter): Example | undefined {
  return byParameter(operation, examplesOf(operation, '400')).get(parameter);
}

/** The answer to a query parameter that the operation does not declare: `x-cause: {query: unknown}` on a 400. */
export function unknownQuery(operation: Operation): Example | undefined {
  return examplesOf(operation, '400').find(({ because }) => because.get('query') === 'unknown');
}

/**
 * The answer if the thing that a path parameter names does not exist: `x-cause: {parameter: tag}` on a 404. For the last parameter
 * the rule of the second delete names it too.
 */
export function notFound(operation: Operation, parameter: Parameter): Example | undefined {
  const examples = examplesOf(operation, '404');
  const last = operation.parameters.filter((one) => one.in === 'path').at(-1);
  const ofRule = examples.find(({ name }) => name === ruleOf(operation, 'second-delete-is-not-found')?.example);
  return byParameter(operation, examples, last && ofRule && [last, ofRule]).get(parameter);
}

/** The answer to a caller without a right, by the parameter in `x-cause: {parameter: …}` on a 403; else the first 403. */
export function forbidden(operation: Operation, parameters: readonly Parameter[]): Example | undefined {
  const examples = examplesOf(operation, '403');
  return examples.find((one) => parameters.some((parameter) => isAbout(one, parameter))) ?? examples[0];
}

/**
 * The answers to refused credentials: `x-cause: {credentials: …}` on a 401. If no example has the cause, any of them
 * is right.
 */
export function unauthorized(
  operation: Operation,
  cause: CredentialsCause,
): readonly [Example, ...Example[]] | undefined {
  const [first, ...others] = examplesOf(operation, '401');
  if (first === undefined) return undefined;
  const named = [first, ...others].find(({ because }) => because.get('credentials') === cause);
  return named === undefined ? [first, ...others] : [named];
}

/** The answer of a status outside the operations. */
export function gatewayExample({ gateway }: Contract, status: string): Example | undefined {
  return gateway.examples.find((one) => one.status === status);
}

const isAbout = ({ because }: Example, { name }: Parameter): boolean => because.get('parameter') === name;

/**
 * The example of each path parameter. Parameters that no example names get the remaining examples, in order; if there
 * are too few, all of them share the first.
 */
function byParameter(
  operation: Operation,
  examples: readonly Example[],
  known?: readonly [Parameter, Example],
): ReadonlyMap<Parameter, Example> {
  const found = new Map(known === undefined ? [] : [known]);
  const path = operation.parameters.filter((one) => one.in === 'path');
  for (const parameter of path.filter((one) => !found.has(one))) {
    const example = examples.find((one) => isAbout(one, parameter));
    if (example !== undefined) found.set(parameter, example);
  }
  const taken = new Set(found.values());
  const left = examples.filter((one) => !taken.has(one) && (one.because.size === 0 || one.because.has('parameter')));
  const missing = path.filter((one) => !found.has(one));
  for (const [index, parameter] of missing.entries()) {
    const example = left.length < missing.length ? left[0] : left[index];
    if (example !== undefined) found.set(parameter, example);
  }
  return found;
}
