// What cases are derived from: the contract's operation, the fixtures, and how the two fit together.
import { randomBytes } from 'node:crypto';
import {
  type Contract,
  type Example,
  examplesOf,
  isLegal,
  type Operation,
  type Parameter,
  ruleOf,
} from '../../contract/contract.ts';
import type { Level } from '../../contract/level.ts';
import type { Fixtures, ImageName } from '../../fixtures.ts';
import { ProviderClock } from '../send/clock.ts';
import type { CaseRequest } from '../send/request.ts';
import { type Way, waysOf } from './auth-methods.ts';
import { notGiven } from './credentials.ts';
import { encodeSegment } from './encode.ts';
import { type FixtureKey, type FixtureKeys, fixtureKeysOf } from './fixture-keys.ts';
import type { Cause } from './outcome.ts';
import { type Allotment, allotTags } from './tag-allotment.ts';

export type Unproven = ReadonlyMap<FixtureKey, string>;

export interface Scene {
  readonly contract: Contract;
  readonly operation: Operation;
  readonly fixtures: Fixtures;
  /** As the Host header has it. */
  readonly host: string;
  readonly seed: number;
  /** By which signatures are dated. */
  readonly clock: ProviderClock;
  /** The path parameters, in the path's order; the last one names what is deleted. */
  readonly path: readonly Parameter[];
  readonly last: Parameter;
  /** What of the fixtures fills each of them. */
  readonly keys: FixtureKeys;
  /** What of the fixtures’ absent names the provider does not say that it does not exist, and why it is not used. */
  readonly unproven: Unproven;
  /** Those of them that are good enough for names that no image can have. */
  readonly assumed: ReadonlySet<FixtureKey>;
  /** The declared success. */
  readonly success: Cause;
  /** The ways in of who may delete, and of who may not. */
  readonly allowed: readonly [Way, ...Way[]];
  readonly forbidden: readonly Way[];
  readonly tags: Allotment;
  /** An existing tag that refused requests are aimed at; it is deleted later, which shows that they changed nothing. */
  readonly witness: string;
  /** As it travels: nobody can have a tag of this name, in whichever repository. */
  readonly madeUpTag: string;
}

/**
 * The scene of what is beyond base: its refused requests are aimed at a tag of their own, as a provider that keeps base
 * alone may delete it.
 */
export const beyondBase = (scene: Scene): Scene => ({ ...scene, witness: scene.tags.strangers ?? scene.witness });

/** Values of path parameters as they travel; what is missing is that of the fixtures' images. */
export type Segments = Readonly<Record<string, string>>;

/** The path of the operation. */
export function targetOf(scene: Scene, segments: Segments = {}): string {
  return scene.operation.path.replace(
    /\{([^}]+)\}/g,
    (_, name: string) => segments[name] ?? fixtureSegment(scene, name),
  );
}

/** A request of the operation, by who may delete unless something else is said. */
export function requestOf(scene: Scene, segments: Segments = {}, more: Partial<CaseRequest> = {}): CaseRequest {
  return {
    method: scene.operation.method,
    target: targetOf(scene, segments),
    credentials: scene.allowed[0].credentials,
    ...more,
  };
}

function fixtureSegment({ operation, fixtures, witness, keys }: Scene, name: string): string {
  const { namespace, repository } = fixtures.images;
  const names = { namespace, repository, tag: witness };
  return travels(operation, name, names[keyOf({ keys }, { name })]);
}

/** The fixtures’ key of a parameter. @throws TypeError if there is none, which is found out before the run */
export function keyOf({ keys }: Pick<Scene, 'keys'>, { name }: Pick<Parameter, 'name'>): FixtureKey {
  const key = keys.get(name);
  if (key === undefined) throw new TypeError(`no fixture fills ${name}`);
  return key;
}

/** The existing name of a parameter as it travels, not yet encoded. */
export function sentName(scene: Scene, { name }: Parameter): string {
  return decodeURIComponent(fixtureSegment(scene, name));
}

/** The segments of an image. */
export function segmentsOf({ operation, path, keys }: Scene, image: ImageName): Segments {
  return Object.fromEntries(path.map((one) => [one.name, travels(operation, one.name, image[keyOf({ keys }, one)])]));
}

/** A name that does not exist; undefined if none is known, or if the provider knows it. */
export function absentSegment(scene: Scene, parameter: Parameter): string | undefined {
  return scene.unproven.has(keyOf(scene, parameter)) ? undefined : allegedlyAbsent(scene, parameter);
}

/** A name that does not exist, if the fixtures are right. */
export function allegedlyAbsent({ operation, fixtures, keys }: Scene, parameter: Parameter): string | undefined {
  const absent = fixtures.absent[keyOf({ keys }, parameter)];
  return absent === undefined ? undefined : travels(operation, parameter.name, absent);
}

/** A name as a path segment: its slashes as the contract's rule says, everything else percent-encoded if it must be. */
export function travels(operation: Operation, parameter: string, value: string): string {
  return encodeSegment(asSent(operation, parameter, value));
}

/** A name with the contract's substitution made, not yet encoded. */
export function asSent(operation: Operation, parameter: string, value: string): string {
  const substitution = operation.rules.map((rule) => rule.substitution).find((one) => one?.parameter === parameter);
  return substitution === undefined ? value : value.replaceAll(substitution.character, substitution.sentAs);
}

/** What is answered after the check that a status stands for, by the contract's order of checks. */
export function causesAfter({ operation }: Scene, status: string): Example[] {
  const order = ruleOf(operation, 'order-of-checks')?.order ?? [];
  const later = order.slice(order.indexOf(status) + 1);
  return examplesOf(operation).filter((one) => (later.length > 0 ? later.includes(one.status) : one.status !== status));
}

export interface SceneOptions {
  readonly baseUrl: URL;
  readonly seed: number;
  /** Highest level at which cases run; `full` by default. */
  readonly level?: Level;
  /** Empty until the provider was asked. */
  readonly unproven?: Unproven;
  readonly assumed?: ReadonlySet<FixtureKey>;
  /** This machine’s clock until the provider was asked. */
  readonly clock?: ProviderClock;
}

/** @throws CannotRun if the fixtures do not fill the path · TypeError if the operation has no path parameters */
export function createScene(
  contract: Contract,
  operation: Operation,
  fixtures: Fixtures,
  {
    baseUrl,
    seed,
    level = 'full',
    unproven = new Map(),
    assumed = new Set(),
    clock = new ProviderClock(),
  }: SceneOptions,
): Scene {
  const keys = fixtureKeysOf(operation);
  const path = [...keys.keys()].flatMap((name) =>
    operation.parameters.filter((one) => one.in === 'path' && one.name === name),
  );
  const last = path.at(-1);
  const [first, ...others] = waysOf(operation, fixtures.credentials?.allowed, { host: baseUrl.host, clock });
  const response = operation.responses.find(({ status }) => status.startsWith('2'));
  const tags = allotTags(fixtures.images.tags, { hasOtherWay: others.length > 0, isBaseOnly: level === 'base' });
  if (last === undefined || response === undefined) throw new TypeError('a delete has path parameters and a success');
  return {
    contract,
    operation,
    fixtures,
    host: baseUrl.host,
    seed,
    clock,
    path,
    last,
    keys,
    unproven,
    assumed,
    success: {
      name: 'success',
      status: response.status,
      pointer: response.pointer,
      response: response.pointer,
      code: undefined,
      summary: 'the delete is done',
    },
    allowed: [first ?? { kind: 'token', credentials: notGiven, isNobody: true }, ...others],
    forbidden: waysOf(operation, fixtures.credentials?.forbidden, { host: baseUrl.host, clock }),
    tags,
    witness: tags.witness ?? tags.first,
    madeUpTag: madeUp(last) ?? travels(operation, last.name, fixtures.absent.tag),
  };
}

/** Undefined if the contract does not allow it. */
function madeUp(tag: Parameter): string | undefined {
  const name = `verify-${randomBytes(8).toString('hex')}`;
  return isLegal(tag, name) ? encodeSegment(name) : undefined;
}
