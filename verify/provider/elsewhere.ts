// Where names are tried that the check makes up: whatever a provider takes them for, nothing that exists is meant.
import type { Example, Parameter } from '../contract/contract.ts';
import type { NotVerified } from './cases/case.ts';
import { isFirst, UNORDERED } from './scene/safe-targets.ts';
import { absentSegment, keyOf, requestOf, type Scene } from './scene/scene.ts';
import type { CaseRequest } from './send/request.ts';

/** Makes a request with a name, as it travels, beside others that do not exist. */
export type Elsewhere = (segment: string) => CaseRequest;

const UNKNOWN = 'names are tried where nothing exists, and no such place is known';

/** For a tag it is the repository that does not exist, for all else a tag that nobody has. */
export function elsewhere(scene: Scene, parameter: Parameter): Elsewhere | NotVerified {
  const { last, path, madeUpTag, unproven } = scene;
  const to = (other: Parameter, segment: string) => (one: string) =>
    requestOf(scene, { [other.name]: segment, [parameter.name]: one });
  if (parameter !== last) return to(last, madeUpTag);
  const around = path.at(-2);
  const segment = around && absentSegment(scene, around);
  if (around !== undefined && segment !== undefined) return to(around, segment);
  const key = keyOf(scene, around ?? last);
  return { reason: unproven.get(key) ?? UNKNOWN, fixture: `absent.${key}` };
}

/** The same for a name that the contract does not allow: it has to be refused before anybody looks what it names. */
export function elsewhereRefused(scene: Scene, parameter: Parameter, invalid: Example): Elsewhere | NotVerified {
  return isFirst(scene, invalid.status) ? elsewhere(scene, parameter) : { reason: UNORDERED };
}
