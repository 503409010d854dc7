// Safe places for made-up names, and for paths that a front end may shorten (`DELETE …/tags/..` may become a delete of the
// repository). Nothing exists there, however a provider reads the request.
import { type Example, type Parameter, ruleOf } from '../../contract/contract.ts';
import type { CaseRequest } from '../send/request.ts';
import type { NotVerified } from './outcome.ts';
import { absentSegment, keyOf, requestOf, type Scene, type Segments } from './scene.ts';

/** Makes such a request, with these names in place of those that do not exist. */
export type Nowhere = (segments: Segments, more?: Partial<CaseRequest>) => CaseRequest;

/** Why a name that may not get past the check of names is not sent. */
export const UNORDERED = 'the contract does not say that a name is judged before it is looked up';

const UNKNOWN = 'a path that a front end may shorten is sent where nothing exists, and no such place is known';

/** By names of which none exists; if such a name is not known, by a caller that may not delete. */
export function nowhere(scene: Scene): Nowhere | NotVerified {
  const absent = scene.path.flatMap((parameter) => {
    const segment = parameter === scene.last ? scene.madeUpTag : absentSegment(scene, parameter);
    return segment === undefined ? [] : [[parameter.name, segment] as const];
  });
  const names = Object.fromEntries(absent);
  const missing = scene.path.find(({ name }) => names[name] === undefined);
  const [way] = missing === undefined ? scene.allowed : scene.forbidden;
  if (way !== undefined) {
    return (segments, more) => requestOf(scene, { ...names, ...segments }, { credentials: way.credentials, ...more });
  }
  const key = missing && keyOf(scene, missing);
  return {
    reason: (key && scene.unproven.get(key)) ?? UNKNOWN,
    ...(key !== undefined && { fixture: `absent.${key}` }),
  };
}

/** Whether the contract’s order of checks puts a status before those that say what exists and who may. */
export function isFirst({ operation }: Scene, status: string): boolean {
  const order = ruleOf(operation, 'order-of-checks')?.order ?? [];
  const place = order.indexOf(status);
  return place !== -1 && ['403', '404'].every((later) => order.indexOf(later) > place || !order.includes(later));
}

/** Makes a request with a name, as it travels, beside others that do not exist. */
export type Elsewhere = (segment: string) => CaseRequest;

const NO_PLACE = 'names are tried where nothing exists, and no such place is known';

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
  return { reason: unproven.get(key) ?? NO_PLACE, fixture: `absent.${key}` };
}

/** The same for a name that the contract does not allow: the provider must refuse it before it looks it up. */
export function elsewhereRefused(scene: Scene, parameter: Parameter, invalid: Example): Elsewhere | NotVerified {
  const unproven = new Map([...scene.unproven].filter(([key]) => !scene.assumed.has(key)));
  return isFirst(scene, invalid.status) ? elsewhere({ ...scene, unproven }, parameter) : { reason: UNORDERED };
}
