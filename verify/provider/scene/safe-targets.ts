// Where a request goes whose path a front end may shorten: to `DELETE …/tags/..` it may make a delete of the repository.
import { ruleOf } from '../../contract/contract.ts';
import type { NotVerified } from '../cases/case.ts';
import type { CaseRequest } from '../send/request.ts';
import { absentSegment, keyOf, requestOf, type Scene, type Segments } from './scene.ts';

/** Makes such a request, with these names in place of those that do not exist. */
export type Nowhere = (segments: Segments, more?: Partial<CaseRequest>) => CaseRequest;

/** Why a name that may not get past the check of names is not sent. */
export const UNORDERED = 'the contract does not say that a name is judged before it is looked up';

const UNKNOWN = 'a path that a front end may shorten is sent where nothing exists, and no such place is known';

/** By names that all do not exist; where one of them is not known, by a caller who may not delete. */
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
