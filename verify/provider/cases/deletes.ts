// Deletes existing tags, one after another: each delete must remove exactly the named tag.
import { notFound } from '../../contract/causes.ts';
import { ruleOf } from '../../contract/contract.ts';
import { levelOf } from '../../contract/level.ts';
import type { Harm } from '../../report/harms.ts';
import type { Violation } from '../../report/model.ts';
import type { Way } from '../scene/auth-methods.ts';
import { everyByteEncoded } from '../scene/encode.ts';
import { type Cause, isViolations, mergeOutcomes, type NotVerified, type Outcome } from '../scene/outcome.ts';
import { requestOf, type Scene, travels } from '../scene/scene.ts';
import type { Allotment } from '../scene/tag-allotment.ts';
import { isSuccess, isSuccessful, type Reply } from '../send/evidence.ts';
import type { Provider } from '../send/provider.ts';
import type { CaseRequest } from '../send/request.ts';
import { ask, type Case } from './case.ts';
import { describeAnswer, isAnswerOf, judge } from './judge-reply.ts';

const SIMULTANEOUS = 4;
const OTHER_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS'];

/** Deletes of a run, by when they come. Each tag of the fixtures is deleted at most once. */
export interface DeleteCases {
  /** What the base document says, in this order. */
  readonly base: readonly Case[];
  /** After everything that is refused beyond base. */
  readonly beyond: readonly Case[];
  /** When nothing is left. */
  readonly last: readonly Case[];
}

export function deleteCases(scene: Scene): DeleteCases {
  const gone = notFound(scene.operation, scene.last);
  if (gone === undefined) return { base: [], beyond: [], last: [] };
  const { tags } = scene;
  const deleted = new Set<string>();
  const another = (tag: string | undefined) => tag ?? { reason: 'one more tag is needed', fixture: 'images.tags' };
  return {
    base: [
      firstDelete(scene, tags.first, gone, deleted),
      sibling(scene, 'prefix', 'a tag whose name begins with the deleted one is still there', tags.longer),
      sibling(scene, 'letters-case', 'a tag that differs in letters’ case only is still there', tags.otherCase),
      race(scene, another(tags.race), gone),
      otherMethods(scene, another(tags.witness)),
      siblings(scene, tags),
    ],
    beyond: [
      ...(scene.allowed[1] ? [byOtherWay(scene, scene.allowed[1], another(tags.otherWay))] : []),
      encoded(scene, another(tags.encoded)),
      unchanged(scene, another(tags.strangers)),
    ],
    last: [afterwards(scene, tags, gone, deleted)],
  };
}

type Tag = string | NotVerified;

const THROTTLED: NotVerified = { reason: 'the provider answered 429 again and again; a lower --rate helps' };

function tagRequest(scene: Scene, tag: string, more: Partial<CaseRequest> = {}): CaseRequest {
  const { name } = scene.last;
  return requestOf(scene, { [name]: travels(scene.operation, name, tag) }, more);
}

/** A case that deletes a tag, if there is one left for it. */
function caseOf(
  scene: Scene,
  { id, title, rule }: { readonly id: string; readonly title: string; readonly rule: string },
  tag: Tag,
  run: (tag: string, provider: Provider) => Promise<Outcome>,
): Case {
  const named = { id: `delete/${id}`, cause: scene.success, level: levelOf(scene.contract, rule) };
  if (typeof tag !== 'string') return { ...named, title, run: tag };
  return { ...named, title: `${title}: ${tag}`, run: (provider) => run(tag, provider) };
}

/** A delete that must succeed. */
async function mustDelete(
  scene: Scene,
  provider: Provider,
  request: CaseRequest,
  rule: string,
  harm?: Harm,
): Promise<Outcome> {
  return ask(scene.contract, provider, request, { causes: [scene.success], rule, ...(harm && { harm }) });
}

/** A provider that has never said that it deletes has lost nothing that is known of: the tag may never have been there. */
const lostBy = ({ operation }: Scene, { answers }: Provider, harm: Harm): Harm =>
  answers.some(({ method, status }) => method === operation.method && isSuccess(status)) ? harm : 'delete-refused';

/** On one connection, so that bytes after the 204 show before the second answer. */
function firstDelete(scene: Scene, tag: string, gone: Cause, deleted: Set<string>): Case {
  const rule = ruleOf(scene.operation, 'second-delete-is-not-found')?.pointer ?? scene.operation.pointer;
  const named = { id: 'twice', title: 'it is deleted once, and not found the second time', rule };
  return caseOf(scene, named, tag, async (name, provider) => {
    const request = tagRequest(scene, name);
    const [first, second] = await provider.sendInTurn(request, 2);
    if (first === undefined) return THROTTLED;
    if (isSuccessful(first)) deleted.add(name);
    const outcome = judge(scene.contract, first, { causes: [scene.success], rule: scene.success.pointer });
    if (second === undefined) return mergeOutcomes([outcome, THROTTLED]);
    // If the provider does not keep the connection open, the second request uses another.
    const missing = { causes: [gone] as const, rule, harm: 'not-deleted' as const };
    const again =
      second.answer === undefined
        ? await ask(scene.contract, provider, request, missing)
        : judge(scene.contract, second, missing);
    return mergeOutcomes([outcome, again]);
  });
}

function sibling(scene: Scene, id: string, title: string, tag: Tag): Case {
  const rule = siblingRule(scene);
  return caseOf(scene, { id: `sibling-${id}`, title, rule }, tag, (name, provider) =>
    mustDelete(scene, provider, tagRequest(scene, name), rule, lostBy(scene, provider, 'deleted-wrongly')),
  );
}

function siblingRule({ operation }: Scene): string {
  return ruleOf(operation, 'siblings-survive')?.pointer ?? operation.pointer;
}

function byOtherWay(scene: Scene, { kind, credentials }: Way, tag: Tag): Case {
  const rule = scene.operation.security.find((one) => one.kind === kind)?.pointer ?? scene.operation.pointer;
  return caseOf(scene, { id: `by-${kind}`, title: `deleted by ${kind}`, rule }, tag, (name, provider) =>
    mustDelete(scene, provider, tagRequest(scene, name, { credentials }), rule),
  );
}

function encoded(scene: Scene, tag: Tag): Case {
  const title = 'percent-encoded letters are the same letters (RFC 3986, 2.3)';
  const rule = ruleOf(scene.operation, 'percent-encoding-is-decoded')?.pointer ?? scene.last.pointer;
  return caseOf(scene, { id: 'percent-encoded', title, rule }, tag, (name, provider) => {
    const request = requestOf(scene, { [scene.last.name]: everyByteEncoded(name) });
    return mustDelete(scene, provider, request, rule);
  });
}

/** Tries every other method on the tag that other refused requests named too. */
function otherMethods(scene: Scene, tag: Tag): Case {
  const rule = ruleOf(scene.operation, 'only-delete-deletes')?.pointer ?? scene.operation.pointer;
  const title = 'neither other methods nor requests that were refused have changed anything: the tag is still there';
  const others = OTHER_METHODS.filter((method) => !scene.operation.methods.includes(method));
  return caseOf(scene, { id: 'refused-changed-nothing', title, rule }, tag, async (name, provider) => {
    for (const method of others) {
      const length = ['POST', 'PUT', 'PATCH'].includes(method) ? [['Content-Length', '0'] as const] : [];
      await provider.send(tagRequest(scene, name, { method, headers: length }));
    }
    return mustDelete(scene, provider, tagRequest(scene, name), rule, lostBy(scene, provider, 'deleted-unasked'));
  });
}

/** Beyond base. */
function unchanged(scene: Scene, tag: Tag): Case {
  const title = 'requests that were refused have changed nothing: the tag that they were aimed at is still there';
  const rule = ruleOf(scene.operation, 'order-of-checks')?.pointer ?? scene.operation.pointer;
  return caseOf(scene, { id: 'strangers-changed-nothing', title, rule }, tag, (name, provider) =>
    mustDelete(scene, provider, tagRequest(scene, name), rule, lostBy(scene, provider, 'deleted-unasked')),
  );
}

function race(scene: Scene, tag: Tag, gone: Cause): Case {
  const rule = ruleOf(scene.operation, 'second-delete-is-not-found')?.pointer ?? scene.operation.pointer;
  const title = `of ${SIMULTANEOUS} simultaneous deletes one is ${scene.success.status}`;
  return caseOf(scene, { id: 'simultaneous', title, rule }, tag, async (name, provider) => {
    const request = tagRequest(scene, name);
    const replies = await provider.sendTogether(Array.from({ length: SIMULTANEOUS }, () => request));
    const answered = replies.filter(({ answer }) => answer?.status !== 429);
    if (answered.length < 2) return { reason: 'the provider answered 429 to all but one; a lower --rate helps' };
    const winners = answered.filter((reply) => isAnswerOf(reply, scene.success));
    const judged = answered.map((reply) => judge(scene.contract, reply, { causes: [scene.success, gone], rule }));
    const open = judged.find((one) => !isViolations(one));
    if (open !== undefined) return open;
    const violations = judged.flatMap(violationsIn);
    // One that is blamed for its answer cannot win; of answers that are right but for their form, one has to be it.
    const isBlamed = violations.some((one) => levelOf(scene.contract, one.rule) === levelOf(scene.contract, rule));
    if (winners.length === 1 || isBlamed) return violations;
    return [tooManyOrFew(replies, winners.length, rule, scene.success), ...violations];
  });
}

function tooManyOrFew(replies: readonly Reply[], winners: number, rule: string, success: Cause): Violation {
  const answers = replies.map(describeAnswer).join(', ');
  const message = `${winners} of ${replies.length} simultaneous deletes of one tag were answered ${success.status}, not one: ${answers}.`;
  const [first] = replies;
  const harm = winners > 1 ? 'two-winners' : 'delete-refused';
  return { rule, message, harm, ...(first && { exchange: first.exchange }) };
}

/** Deletes the remaining tags one after another. A tag that an earlier delete took along shows here. */
function siblings(scene: Scene, { others }: Allotment): Case {
  const rule = siblingRule(scene);
  const title = 'the other tags are still there';
  const tag = others.length > 0 ? others.join(', ') : { reason: 'one more tag is needed', fixture: 'images.tags' };
  return caseOf(scene, { id: 'siblings', title, rule }, tag, async (_, provider) => {
    const outcomes: Outcome[] = [];
    for (const name of others) {
      const harm = lostBy(scene, provider, 'deleted-wrongly');
      outcomes.push(await mustDelete(scene, provider, tagRequest(scene, name), rule, harm));
    }
    return mergeOutcomes(outcomes);
  });
}

function afterwards(scene: Scene, { first }: Allotment, gone: Cause, deleted: ReadonlySet<string>): Case {
  const rule = ruleOf(scene.operation, 'repository-outlives-last-tag');
  const cause = { ...gone };
  return {
    id: 'delete/after-the-last-tag',
    // Only the partner knows whether these were its last tags.
    title: 'after all deletes the first tag is still not found, and its repository not forgotten',
    cause,
    level: levelOf(scene.contract, gone.response),
    run: async (provider) => {
      if (!deleted.has(first)) return { reason: 'the first tag was not deleted' };
      const reply = await provider.send(tagRequest(scene, first));
      return judge(scene.contract, reply, {
        causes: [gone],
        rule: gone.response,
        codeRule: rule?.pointer ?? gone.pointer,
      });
    },
  };
}

function violationsIn(outcome: Outcome): readonly Violation[] {
  return Array.isArray(outcome) ? outcome : [];
}
