// What a name may be and how it travels, by the contract. Server, mock and client share these rules. The verifier has
// its own copy: it judges independently.
import type { operations as ContractOperations } from '../generated/api.ts';
import { operations, sentAs } from '../generated/contract.ts';

export type OperationId = keyof ContractOperations;

/** The path parameters of an operation, as they travel: a `/` in a repository's name is a `$`. */
export type PathParameters<Id extends OperationId> = ContractOperations[Id]['parameters']['path'];

/** The name of a path parameter. */
export type ParameterName<Id extends OperationId> = keyof PathParameters<Id> & string;

interface Rule {
  readonly pattern: RegExp;
  readonly minLength: number;
  readonly maxLength: number;
}

const rules: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map(
  Object.entries(operations).map(([id, { parameters }]) => [
    id,
    new Map(
      Object.entries(parameters).map(([name, rule]) => [name, { ...rule, pattern: new RegExp(rule.pattern, 'u') }]),
    ),
  ]),
);

/**
 * The path parameters whose values the contract does not allow, in the contract's order; a missing value is illegal.
 * @param values as they travel, decoded; callers without types may pass anything
 */
export function illegalParameters<Id extends OperationId>(
  id: Id,
  values: Readonly<Record<string, unknown>>,
): ParameterName<Id>[] {
  const illegal: string[] = [];
  for (const [name, rule] of rules.get(id) ?? []) if (!isLegal(values[name], rule)) illegal.push(name);
  return illegal as ParameterName<Id>[];
}

function isLegal(value: unknown, { pattern, minLength, maxLength }: Rule): boolean {
  return typeof value === 'string' && value.length >= minLength && value.length <= maxLength && pattern.test(value);
}

const slash = sentAs.repository;

/** A repository's name as it travels: `team/app` is sent as `team$app` (rule slash-travels-as-dollar). */
export function sentRepository(written: string): string {
  return written.replaceAll(slash.character, slash.sentAs);
}

/** A repository's name as people write it: `team$app` was sent for `team/app` (rule slash-travels-as-dollar). */
export function writtenRepository(sent: string): string {
  return sent.replaceAll(slash.sentAs, slash.character);
}

/**
 * Fills the template of a path. Legal names are put in as they are: their alphabet needs no escapes, and signers
 * disagree about `%24`.
 */
export function fillPath(template: string, parameters: Readonly<Record<string, unknown>>): string {
  return pathFiller(template)(parameters);
}

/** The same for a template that is filled again and again. */
export function pathFiller(template: string): (parameters: Readonly<Record<string, unknown>>) => string {
  // Text and names take turns.
  const parts = template.split(/[{}]/);
  return (parameters) => {
    let path = '';
    let isName = false;
    for (const part of parts) {
      path += isName ? String(parameters[part]) : part;
      isName = !isName;
    }
    return path;
  };
}

/** An operation's path with the contract's own examples for its parameters. */
export function examplePath(id: OperationId): string {
  const { path, parameters } = operations[id];
  const examples = Object.entries(parameters).map(([name, { example }]) => [name, example]);
  return fillPath(path, Object.fromEntries(examples));
}
