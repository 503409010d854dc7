// All cases of a run: what the contract says, tried with what the fixtures hold.
import { CannotRun } from '../cannot-run.ts';
import { type Contract, isLegal } from '../contract/contract.ts';
import { takesIn } from '../contract/level.ts';
import type { Fixtures } from '../fixtures.ts';
import { authenticationCases } from './cases/callers/authentication.ts';
import { orderCases } from './cases/callers/order.ts';
import { secrecyCases } from './cases/callers/secrecy.ts';
import { acceptedSignatureCases } from './cases/callers/signatures.ts';
import type { Case } from './cases/case.ts';
import { deleteCases } from './cases/deletes.ts';
import { gatewayCases } from './cases/gateway.ts';
import { illegalNameCases } from './cases/names/illegal-names.ts';
import { legalNameCases } from './cases/names/legal-names.ts';
import { randomNameCases } from './cases/names/random-names.ts';
import { shortenedNameCases } from './cases/names/shortened-names.ts';
import { contentTypeCases, forbiddenCases, notFoundCases } from './cases/not-found.ts';
import { provokedCases, uncoveredCases } from './cases/provoked.ts';
import { queryCases } from './cases/queries.ts';
import { requestIdCases } from './cases/request-ids.ts';
import { asSent, beyondBase, createScene, keyOf, type Scene, type SceneOptions } from './scene/scene.ts';

/** In the order in which they run. */
export interface DerivedCases {
  readonly scene: Scene;
  /** What the base document says comes first: what is tried beyond it may delete, at a provider that keeps base alone. */
  readonly base: Phase;
  readonly beyond: Phase;
  /** One after another, when all else is done. */
  readonly closing: readonly Case[];
  /** States that the partner would have to bring about. */
  readonly uncovered: readonly Case[];
}

interface Phase {
  /** Nothing that exists is deleted by them, if the provider is right: they run side by side. */
  readonly refusals: readonly Case[];
  /** One after another. */
  readonly deletes: readonly Case[];
}

/** @throws CannotRun if the contract has no delete, or the fixtures do not fit it */
export function deriveCases(contract: Contract, fixtures: Fixtures, options: SceneOptions): DerivedCases {
  const { level = 'full' } = options;
  const operation = contract.operations.find(({ method, path }) => method === 'DELETE' && path.includes('{'));
  if (operation === undefined)
    throw new CannotRun([`${contract.file} declares no DELETE of something that its path names`]);
  const scene = createScene(contract, operation, fixtures, options);
  const problems = fixtureProblems(scene);
  if (problems.length > 0) throw new CannotRun(problems);
  const within = (cases: readonly Case[]) => cases.filter((one) => takesIn(level, one.level));
  const isBase = (one: Case) => one.level === 'base';
  const deletes = deleteCases(scene);
  const base = { refusals: refusalCases(scene).filter(isBase), deletes: within(deletes.base) };
  const others = refusalCases(beyondBase(scene)).filter((one) => !isBase(one));
  const beyond = { refusals: within(others), deletes: within(deletes.beyond) };
  const closing = within([...deletes.last, ...provokedCases(scene), ...requestIdCases(scene)]);
  // Every cause that a case of any level is about is covered: beyond the level nothing is asked for.
  const all = [...base.refusals, ...others, ...Object.values(deletes).flat(), ...closing];
  return { scene, base, beyond, closing, uncovered: within(uncoveredCases(scene, all)) };
}

/** What must be refused, or get past the check of names to nothing that exists. */
function refusalCases(scene: Scene): Case[] {
  return [
    ...authenticationCases(scene),
    ...acceptedSignatureCases(scene),
    ...forbiddenCases(scene),
    ...notFoundCases(scene),
    ...contentTypeCases(scene),
    ...orderCases(scene),
    ...secrecyCases(scene),
    ...gatewayCases(scene),
    ...illegalNameCases(scene),
    ...shortenedNameCases(scene),
    ...legalNameCases(scene),
    ...queryCases(scene),
    ...randomNameCases(scene),
  ];
}

/** Names that the contract does not allow cannot be those of anything. */
function fixtureProblems({ operation, fixtures, path, keys, allowed }: Scene): string[] {
  const { images, absent, provoke } = fixtures;
  const named = [
    ...images.tags.map((tag, index) => [`images.tags.${index}`, { ...images, tag }] as const),
    ['absent', absent] as const,
    ...Object.entries(provoke).map(([key, image]) => [`provoke.${key}`, image] as const),
  ];
  const problems = named.flatMap(([key, names]) =>
    path.flatMap((parameter) => {
      const value = names[keyOf({ keys }, parameter)];
      if (value === undefined || isLegal(parameter, asSent(operation, parameter.name, value))) return [];
      return [`the fixtures’ ${key}: the contract does not allow the ${parameter.name} ${JSON.stringify(value)}`];
    }),
  );
  const kinds = operation.security.map(({ header }) => header).join(', ');
  const isKeyless =
    fixtures.credentials?.allowed !== undefined && operation.security.length > 0 && allowed[0].isNobody === true;
  return isKeyless
    ? [...problems, `the fixtures’ credentials.allowed fit none of the contract’s ways in: ${kinds}`]
    : problems;
}
