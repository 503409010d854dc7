// Which key of the fixtures fills which parameter of the path: a contract may call them otherwise.
import { CannotRun } from '../../cannot-run.ts';
import type { Operation } from '../../contract/contract.ts';
import type { ImageName } from '../../fixtures.ts';

export type FixtureKey = keyof ImageName;

/** By the parameter's name. */
export type FixtureKeys = ReadonlyMap<string, FixtureKey>;

const AROUND_THE_TAG: readonly FixtureKey[] = ['namespace', 'repository'];

/**
 * The last parameter is the tag. The others are found by their names; those of other names, by their order. Nothing
 * else will do: a name outside the fixtures might belong to an existing image.
 * @throws CannotRun if a parameter of the path has no key, or is not declared
 */
export function fixtureKeysOf({ path, parameters }: Operation): FixtureKeys {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const undeclared = names.filter((name) => !parameters.some((one) => one.in === 'path' && one.name === name));
  const around = names.slice(0, -1);
  const strange = around.filter((name) => !AROUND_THE_TAG.some((key) => key === name));
  const left = AROUND_THE_TAG.filter((key) => !around.includes(key));
  // With fewer names than keys it is unclear which key is meant.
  const unfilled = strange.length === 0 || strange.length === left.length ? [] : strange;
  const problems = [
    ...undeclared.map((name) => `${path} names {${name}}, which the operation does not declare as a path parameter`),
    ...unfilled.map(
      (name) => `nothing in the fixtures fills {${name}} of ${path}: they name a namespace, a repository and tags`,
    ),
  ];
  if (problems.length > 0) throw new CannotRun(problems);
  return new Map(names.map((name, index) => [name, keyAt(name, index)]));

  function keyAt(name: string, index: number): FixtureKey {
    if (index === names.length - 1) return 'tag';
    return AROUND_THE_TAG.find((key) => key === name) ?? left[strange.indexOf(name)] ?? 'tag';
  }
}
