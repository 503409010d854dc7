// A caller without a right must not learn what exists.
import { unauthorized } from '../../../contract/causes.ts';
import { ruleOf } from '../../../contract/contract.ts';
import { levelOf } from '../../../contract/level.ts';
import { requestIdHeader } from '../../../contract/request-id.ts';
import { nobody } from '../../scene/credentials.ts';
import { isViolations, type Outcome } from '../../scene/outcome.ts';
import { absentSegment, requestOf, type Scene } from '../../scene/scene.ts';
import type { Provider } from '../../send/provider.ts';
import type { CaseRequest } from '../../send/request.ts';
import type { Case } from '../case.ts';
import type { Expectation } from '../expectation.ts';
import { describeAnswer, judge } from '../judge-reply.ts';
import { forbiddenExample } from '../not-found.ts';
import { type Looks, looksOf, tellingDifference } from './observable-differences.ts';

/** Rounds of comparison: a single difference may be chance, for example if several machines answer. */
const TRIALS = 3;

/** A caller without a right must get the same answer for what exists and for what does not. */
export function secrecyCases(scene: Scene): Case[] {
  const rule = ruleOf(scene.operation, 'order-of-checks')?.pointer;
  const unknown = unauthorized(scene.operation, 'missing');
  const forbidden = forbiddenExample(scene);
  if (rule === undefined) return [];
  const stranger = unknown && { id: 'stranger', title: 'a stranger', causes: unknown, credentials: nobody, from: 0 };
  const way = scene.forbidden[0];
  const other = forbidden &&
    way && {
      id: 'no-right',
      title: 'who has no right',
      causes: [forbidden] as const,
      credentials: way.credentials,
      from: 1,
    };
  return [stranger, other].flatMap((asker) => {
    if (asker === undefined) return [];
    return scene.path.slice(asker.from).flatMap((parameter): Case[] => {
      const absent = absentSegment(scene, parameter);
      if (absent === undefined) return [];
      const { credentials } = asker;
      const requests = {
        existing: requestOf(scene, {}, { credentials }),
        missing: requestOf(scene, { [parameter.name]: absent }, { credentials }),
      };
      return [
        {
          id: `secrecy/${asker.id}-${parameter.name}`,
          title: `${asker.title} is answered alike, whether the ${parameter.name} exists or not`,
          cause: asker.causes[0],
          level: levelOf(scene.contract, rule),
          run: (provider) => compare(scene, provider, requests, { causes: asker.causes, rule }),
        },
      ];
    });
  });
}

async function compare(
  scene: Scene,
  provider: Provider,
  { existing, missing }: { readonly existing: CaseRequest; readonly missing: CaseRequest },
  expectation: Expectation,
): Promise<Outcome> {
  const idHeader = requestIdHeader(scene.contract)?.name;
  const repeated = [existing, missing].flatMap(({ target }) => spellingsOf(scene, target));
  for (let trial = 1; ; trial++) {
    // In turn: a clock that shows the same before and after has shown the same in between.
    const before = await provider.send(existing);
    const between = await provider.send(missing);
    const after = await provider.send(existing);
    const broken = [before, between].map((reply) => judge(scene.contract, reply, expectation));
    const violations = broken.flatMap((outcome) => (isViolations(outcome) ? outcome : []));
    if (violations.length > 0) return violations;
    const looks = [before, between, after].map((reply) => looksOf(reply, repeated, idHeader));
    const difference = tellingDifference(...(looks as [Looks, Looks, Looks]));
    if (difference === undefined) return [];
    if (trial < TRIALS) continue;
    const message = 'The answer tells what exists: it must be the same for what does and for what does not.';
    const [where, a, b] = difference;
    const found = `${where}: ${describeAnswer(before)} with ${shown(a)} for what exists, ${describeAnswer(between)} with ${shown(b)} for what does not`;
    return [{ rule: expectation.rule, message, found, harm: 'existence-told', exchange: between.exchange }];
  }
}

/** A path and its names, as they are sent, decoded, and as people write them. */
function spellingsOf({ operation }: Scene, target: string): string[] {
  const template = operation.path.split('/');
  const names = target.split('/').flatMap((sent, index) => {
    const parameter = /^\{(.+)\}$/.exec(template[index] ?? '')?.[1];
    if (parameter === undefined) return [];
    const decoded = decodeURIComponent(sent);
    const substitutions = operation.rules.flatMap(({ substitution }) => substitution ?? []);
    const own = substitutions.find((one) => one.parameter === parameter);
    return [sent, decoded, ...(own ? [decoded.replaceAll(own.sentAs, own.character)] : [])];
  });
  return [target, decodeURIComponent(target), ...names];
}

const shown = (value: string | undefined) => (value === undefined ? 'nothing' : JSON.stringify(value));
