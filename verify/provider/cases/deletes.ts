// Deletes of what exists, one after another: that they delete, and nothing but the named tag.
import { notFound } from '../../contract/causes.ts';
import { ruleOf } from '../../contract/contract.ts';
import type { Violation } from '../../report/model.ts';
import type { Way } from '../scene/auth-methods.ts';
import { everyByteEncoded } from '../scene/encode.ts';
import { type Cause, mergeOutcomes, type NotVerified, type Outcome } from '../scene/outcome.ts';
import { requestOf, type Scene, travels } from '../scene/scene.ts';
import type { Allotment } from '../scene/tag-allotment.ts';
import { isSuccessful, type Reply } from '../send/evidence.ts';
import type { Provider } from '../send/provider.ts';
import type { CaseRequest } from '../send/request.ts';
import { ask, type Case, describeAnswer, isAnswerOf, judge } from './case.ts';

const SIMULTANEOUS = 4;

/** They run in this order, and each tag of the fixtures is deleted at most once. */
export function deleteCases(scene: Scene): Case[] {
  const gone = notFound(scene.operation, scene.last);
  if (gone === undefined) return [];
  const { tags } = scene;
  const deleted = new Set<string>();
  const another = (tag: string | undefined, reason: string) => tag ?? { reason, fixture: 'images.tags' };
  return [
    firstDelete(scene, tags.first, gone, deleted),
    sibling(scene, 'prefix', 'a tag whose name begins with the deleted one is still there', tags.longer),
    sibling(scene, 'letters-case', 'a tag that differs in letters’ case only is still there', tags.otherCase),
    ...(scene.allowed[1]
      ? [byOtherWay(scene, scene.allowed[1], another(tags.otherWay, 'one more tag is needed'))]
      : []),
    race(scene, another(tags.race, 'one more tag is needed'), gone),
    encoded(scene, another(tags.encoded, 'one more tag is needed')),
    unchanged(scene, another(tags.witness, 'one more tag is needed')),
    siblings(scene, tags),
    afterwards(scene, tags, gone, deleted),
  ];
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
  id: string,
  title: string,
  tag: Tag,
  run: (tag: string, provider: Provider) => Promise<Outcome>,
): Case {
  const named = { id: `delete/${id}`, cause: scene.success };
  if (typeof tag !== 'string') return { ...named, title, run: tag };
  return { ...named, title: `${title}: ${tag}`, run: (provider) => run(tag, provider) };
}

/** A delete that must succeed. */
async function mustDelete(scene: Scene, provider: Provider, request: CaseRequest, rule: string): Promise<Outcome> {
  return ask(scene.contract, provider, request, { causes: [scene.success], rule });
}

/** On one connection, so that bytes behind the 204 stand between it and the second answer. */
function firstDelete(scene: Scene, tag: string, gone: Cause, deleted: Set<string>): Case {
  const rule = ruleOf(scene.operation, 'second-delete-is-not-found')?.pointer ?? scene.operation.pointer;
  return caseOf(scene, 'twice', 'it is deleted once, and not found the second time', tag, async (name, provider) => {
    const request = tagRequest(scene, name);
    const [first, second] = await provider.sendInTurn(request, 2);
    if (first === undefined) return THROTTLED;
    if (isSuccessful(first)) deleted.add(name);
    const outcome = judge(scene.contract, first, { causes: [scene.success], rule: scene.success.pointer });
    if (second === undefined) return mergeOutcomes([outcome, THROTTLED]);
    // Not every provider keeps the connection open: then the second request goes on another.
    const missing = { causes: [gone] as const, rule };
    const again =
      second.answer === undefined
        ? await ask(scene.contract, provider, request, missing)
        : judge(scene.contract, second, missing);
    return mergeOutcomes([outcome, again]);
  });
}

function sibling(scene: Scene, id: string, title: string, tag: Tag): Case {
  const rule = siblingRule(scene);
  return caseOf(scene, `sibling-${id}`, title, tag, (name, provider) =>
    mustDelete(scene, provider, tagRequest(scene, name), rule),
  );
}

function siblingRule({ operation }: Scene): string {
  return ruleOf(operation, 'siblings-survive')?.pointer ?? operation.pointer;
}

function byOtherWay(scene: Scene, { kind, credentials }: Way, tag: Tag): Case {
  return caseOf(scene, `by-${kind}`, `deleted by ${kind}`, tag, (name, provider) =>
    mustDelete(scene, provider, tagRequest(scene, name, { credentials }), `${scene.operation.pointer}/security`),
  );
}

function encoded(scene: Scene, tag: Tag): Case {
  const title = 'percent-encoded letters are the same letters (RFC 3986, 2.3)';
  return caseOf(scene, 'percent-encoded', title, tag, (name, provider) => {
    const request = requestOf(scene, { [scene.last.name]: everyByteEncoded(name) });
    return mustDelete(scene, provider, request, scene.last.pointer);
  });
}

function unchanged(scene: Scene, tag: Tag): Case {
  const title = 'requests that were refused have changed nothing: the tag that they were aimed at is still there';
  return caseOf(scene, 'refused-changed-nothing', title, tag, (name, provider) =>
    mustDelete(scene, provider, tagRequest(scene, name), scene.operation.pointer),
  );
}

function race(scene: Scene, tag: Tag, gone: Cause): Case {
  const rule = ruleOf(scene.operation, 'second-delete-is-not-found')?.pointer ?? scene.operation.pointer;
  const title = `of ${SIMULTANEOUS} simultaneous deletes one is ${scene.success.status}`;
  return caseOf(scene, 'simultaneous', title, tag, async (name, provider) => {
    const request = tagRequest(scene, name);
    const replies = await provider.sendTogether(Array.from({ length: SIMULTANEOUS }, () => request));
    const answered = replies.filter(({ answer }) => answer?.status !== 429);
    if (answered.length < 2) return { reason: 'the provider answered 429 to all but one; a lower --rate helps' };
    const winners = answered.filter((reply) => isAnswerOf(reply, scene.success));
    const judged = answered.map((reply) => judge(scene.contract, reply, { causes: [scene.success, gone], rule }));
    const violations = judged.flatMap(violationsIn);
    if (winners.length === 1 || violations.length > 0) return violations;
    return [tooManyOrFew(replies, winners.length, rule, scene.success)];
  });
}

function tooManyOrFew(replies: readonly Reply[], winners: number, rule: string, success: Cause): Violation {
  const answers = replies.map(describeAnswer).join(', ');
  const message = `${winners} of ${replies.length} simultaneous deletes of one tag were answered ${success.status}, not one: ${answers}.`;
  const [first] = replies;
  return { rule, message, ...(first && { exchange: first.exchange }) };
}

/** The remaining tags are deleted one after another: whatever was taken along with another tag shows here. */
function siblings(scene: Scene, { others }: Allotment): Case {
  const rule = siblingRule(scene);
  const title = 'the other tags are still there';
  const tag = others.length > 0 ? others.join(', ') : { reason: 'one more tag is needed', fixture: 'images.tags' };
  return caseOf(scene, 'siblings', title, tag, async (_, provider) => {
    const outcomes: Outcome[] = [];
    for (const name of others) outcomes.push(await mustDelete(scene, provider, tagRequest(scene, name), rule));
    return mergeOutcomes(outcomes);
  });
}

function afterwards(scene: Scene, { first }: Allotment, gone: Cause, deleted: ReadonlySet<string>): Case {
  const rule = ruleOf(scene.operation, 'repository-outlives-last-tag');
  const cause = { ...gone };
  return {
    id: 'delete/after-the-last-tag',
    // Whether these were its last tags nobody knows but the partner.
    title: 'after all deletes the first tag is still not found, and its repository not forgotten',
    cause,
    run: async (provider) => {
      if (!deleted.has(first)) return { reason: 'the first tag was not deleted' };
      const reply = await provider.send(tagRequest(scene, first));
      return judge(scene.contract, reply, { causes: [gone], rule: rule?.pointer ?? gone.pointer });
    },
  };
}

function violationsIn(outcome: Outcome): readonly Violation[] {
  return Array.isArray(outcome) ? outcome : [];
}
