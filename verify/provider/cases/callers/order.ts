// What is looked at first, when several things are wrong.
import { invalidParameter, notFound, unauthorized, unknownQuery } from '../../../contract/causes.ts';
import { type Example, ruleOf } from '../../../contract/contract.ts';
import { levelOf } from '../../../contract/level.ts';
import { nobody } from '../../scene/credentials.ts';
import { absentSegment, requestOf, type Scene } from '../../scene/scene.ts';
import type { CaseRequest } from '../../send/request.ts';
import { type Case, requestCase } from '../case.ts';
import { forbiddenExample } from '../not-found.ts';

/** One way to make a check fail, beside others. */
interface Trouble {
  readonly id: string;
  readonly title: string;
  /** The answers to it; any of them is right. */
  readonly causes: readonly [Example, ...Example[]];
  readonly change: (request: CaseRequest) => CaseRequest;
}

/** DEL: a character of no name, in any alphabet. nginx refuses a NUL itself, before the provider sees the request. */
const ILLEGAL = '%7F';

/** For each two checks of the contract's order: if both would fail, the earlier one answers. */
export function orderCases(scene: Scene): Case[] {
  const rule = ruleOf(scene.operation, 'order-of-checks');
  if (rule === undefined) return [];
  return rule.order.flatMap((earlier, index) =>
    rule.order.slice(index + 1).flatMap((later) => pairCases(scene, rule.pointer, earlier, later)),
  );
}

function pairCases(scene: Scene, rule: string, earlier: string, later: string): Case[] {
  // Nobody is unknown and known at once.
  if (earlier === '401' && later === '403') return [];
  return troubles(scene, earlier).flatMap((first) =>
    troubles(scene, later).flatMap((second): Case[] => {
      const named = {
        id: `order/${first.id}-and-${second.id}`,
        title: `${first.title}, and ${second.title}: ${earlier} comes first`,
      };
      // A provider that does not have the earlier check cannot make it first.
      const asked = isExtension(scene, first) ? first.causes[0].pointer : rule;
      if (needsForbidden(scene, earlier, later)) {
        const run = { reason: 'credentials without a right are not known', fixture: 'credentials.forbidden' };
        return [{ ...named, cause: first.causes[0], level: levelOf(scene.contract, asked), run }];
      }
      const request = first.change(second.change(requestOf(scene)));
      return [requestCase(scene.contract, named, request, { causes: first.causes, rule: asked })];
    }),
  );
}

const isExtension = ({ contract }: Scene, { causes: [cause] }: Trouble): boolean =>
  levelOf(contract, cause.pointer) === 'full';

function needsForbidden({ forbidden }: Scene, ...statuses: string[]): boolean {
  return statuses.includes('403') && forbidden.length === 0;
}

function troubles(scene: Scene, status: string): Trouble[] {
  const { operation, path } = scene;
  if (status === '401') {
    const causes = unauthorized(operation, 'missing');
    const change = (request: CaseRequest) => ({ ...request, credentials: nobody });
    return causes === undefined ? [] : [{ id: 'no-credentials', title: 'no credentials', causes, change }];
  }
  if (status === '400') {
    const names = path.flatMap((parameter) => {
      const change = (request: CaseRequest) => withSegment(scene, request, parameter.name, ILLEGAL);
      return one(
        invalidParameter(operation, parameter),
        `illegal-${parameter.name}`,
        `an illegal ${parameter.name}`,
        change,
      );
    });
    const query = (request: CaseRequest) => ({ ...request, target: `${request.target}?force=true` });
    return [...names, ...one(unknownQuery(operation), 'unknown-query', 'an unknown query parameter', query)];
  }
  if (status === '403') {
    const credentials = scene.forbidden[0]?.credentials ?? nobody;
    return one(forbiddenExample(scene), 'no-right', 'a caller without a right', (request) => ({
      ...request,
      credentials,
    }));
  }
  if (status === '404') {
    // The first name is the organization that the right is about: it stays.
    return path.slice(1).flatMap((parameter) => {
      const absent = absentSegment(scene, parameter);
      const change = (request: CaseRequest) => withSegment(scene, request, parameter.name, absent ?? '');
      const cause = absent === undefined ? undefined : notFound(operation, parameter);
      return one(cause, `absent-${parameter.name}`, `a ${parameter.name} that does not exist`, change);
    });
  }
  return [];
}

function one(cause: Example | undefined, id: string, title: string, change: Trouble['change']): Trouble[] {
  return cause === undefined ? [] : [{ id, title, causes: [cause], change }];
}

/** Another name in a target that has a name already; two troubles of one request meet in it. */
function withSegment(scene: Scene, request: CaseRequest, name: string, segment: string): CaseRequest {
  const template = scene.operation.path.split('/');
  const [path = '', ...query] = request.target.split('?');
  const segments = path.split('/').map((old, index) => (template[index] !== `{${name}}` ? old : merged(old, segment)));
  return { ...request, target: [segments.join('/'), ...query].join('?') };
}

/** An illegal name stays illegal. */
const merged = (old: string, segment: string) =>
  old.includes(ILLEGAL) || segment === ILLEGAL ? old + ILLEGAL : segment;
