// What is asked before any case runs: a wrong address, wrong credentials or a name that exists after all would make
// every case fail, or delete what nobody offered, and none of it is the provider's fault.
import { CannotRun } from '../cannot-run.ts';
import { notFound } from '../contract/causes.ts';
import { examplesOf, type Parameter } from '../contract/contract.ts';
import { errorCodeOf } from '../judge/judge-body.ts';
import { describeAnswer, isAnswerOf } from './cases/case.ts';
import type { Way } from './scene/auth-methods.ts';
import { nobody } from './scene/credentials.ts';
import type { FixtureKey } from './scene/fixture-keys.ts';
import {
  absentSegment,
  allegedlyAbsent,
  keyOf,
  requestOf,
  type Scene,
  type Segments,
  type Unproven,
} from './scene/scene.ts';
import { isSuccessful, type Reply } from './send/evidence.ts';
import type { Provider } from './send/provider.ts';
import type { CaseRequest } from './send/request.ts';

/**
 * Asks for a tag that does not exist: whether the provider is there, whether it knows everybody of the fixtures, and
 * whether the absent names are so.
 * @returns the absent names of which the provider does not say that they do not exist: no tag may be asked for there
 * @throws CannotRun
 */
export async function preflight(scene: Scene, provider: Provider): Promise<Unproven> {
  const first = await requireOperation(scene, provider);
  await requireCallers(scene, provider, first);
  return await findUnproven(scene, provider);
}

/** The tag that does not exist is asked for, wherever else the request goes. */
function absentTag(scene: Scene, segments: Segments = {}, more: Partial<CaseRequest> = {}): CaseRequest {
  return requestOf(scene, { [scene.last.name]: absentSegment(scene, scene.last) ?? '', ...segments }, more);
}

async function requireOperation(scene: Scene, provider: Provider): Promise<Reply> {
  const told = await askForAbsentTag(scene, provider);
  // The first answer tells what time it is there: a signature by another clock was refused for that.
  const isLate = scene.clock.learn(told) && told.answer?.status === 401;
  const reply = isLate ? await askForAbsentTag(scene, provider) : told;
  if (reply.answer === undefined) throw new CannotRun([whyNoAnswer(reply)]);
  const { status } = reply.answer;
  if (status === 401 || isOfOperation(scene, reply)) return reply;
  // A provider whose errors cannot be read still refuses strangers; a page that says 404 to everything does not.
  const stranger = await provider.send(absentTag(scene, {}, { credentials: nobody }));
  if (stranger.answer?.status === 401) return reply;
  throw new CannotRun([
    `${nameOf(reply)} was answered ${describeAnswer(reply)}, which the contract does not have for it: is the base path right?`,
  ]);
}

const nameOf = ({ request, target }: Reply) => `${request.method} ${target}`;

function whyNoAnswer({ failure, exchange }: Reply): string {
  return exchange.received === undefined
    ? `the provider does not answer: ${failure}`
    : `what the provider sends is no HTTP/1.1 answer: ${failure}`;
}

/** @throws CannotRun where the tag existed. A provider that always says that it has deleted has deleted nothing. */
async function askForAbsentTag(scene: Scene, provider: Provider): Promise<Reply> {
  const first = await provider.send(absentTag(scene));
  if (!isSuccessful(first)) return first;
  const second = await provider.send(absentTag(scene));
  if (isSuccessful(second)) return second;
  throw new CannotRun([
    `the fixtures’ absent.tag existed, and is deleted now: ${nameOf(first)} was answered ${describeAnswer(first)}, then ${describeAnswer(second)}`,
  ]);
}

/** By its code, or as the declared success. */
function isOfOperation({ operation, success }: Scene, reply: Reply): boolean {
  const code = reply.answer && errorCodeOf(reply.answer);
  if (code === undefined) return isAnswerOf(reply, success);
  return examplesOf(operation).some((one) => one.code === code);
}

/** Everybody of the fixtures, by each way in. @param first what the first of them was answered */
async function requireCallers(scene: Scene, provider: Provider, first: Reply): Promise<void> {
  const callers = [
    ...scene.allowed.map((way) => ({ key: 'allowed', way, hint: '' })),
    ...scene.forbidden.map((way) => ({
      key: 'forbidden',
      way,
      hint: ', or takes a missing right for missing credentials',
    })),
  ];
  const problems: string[] = [];
  for (const { key, way, hint } of callers) {
    const { credentials } = way;
    const isAnswered = way === scene.allowed[0];
    const reply = isAnswered ? first : await provider.send(absentTag(scene, {}, { credentials }));
    const refusal = await refusalOf(scene, provider, way, reply);
    if (refusal === undefined) continue;
    const fixture = `credentials.${key}.${way.kind === 'token' ? 'token' : 'accessKey and secretKey'}`;
    problems.push(`the provider refuses the fixtures’ ${fixture}${hint}: ${describeAnswer(refusal)}`);
    // What is wrong with the first is likely to be wrong with all.
    if (key === 'allowed') break;
  }
  if (problems.length > 0) throw new CannotRun(problems);
}

/** A provider may refuse a signature for a path with a character that travels as another: that is found out later. */
async function refusalOf(
  scene: Scene,
  provider: Provider,
  { credentials, kind }: Way,
  reply: Reply,
): Promise<Reply | undefined> {
  const isRefused = ({ answer }: Reply) => answer?.status === 401;
  if (!isRefused(reply)) return undefined;
  const plain = kind === 'token' ? undefined : elsewhere(scene);
  const again = plain && (await provider.send(absentTag(scene, plain, { credentials })));
  return again === undefined || isRefused(again) ? reply : undefined;
}

/** The repository that does not exist. */
function elsewhere(scene: Scene): Segments | undefined {
  const parameter = scene.path.find((one) => keyOf(scene, one) === 'repository');
  const segment = parameter && allegedlyAbsent(scene, parameter);
  return parameter === undefined || segment === undefined ? undefined : { [parameter.name]: segment };
}

async function findUnproven(scene: Scene, provider: Provider): Promise<Unproven> {
  const unproven = new Map<FixtureKey, string>();
  for (const parameter of scene.path.slice(0, -1)) {
    const segment = allegedlyAbsent(scene, parameter);
    if (segment === undefined) continue;
    const key = keyOf(scene, parameter);
    // A tag of the partner's might be there, should the rest exist after all.
    const names = { [parameter.name]: segment, [scene.last.name]: scene.madeUpTag };
    const reply = await provider.send(requestOf(scene, names));
    if (!isProof(scene, parameter, reply)) {
      unproven.set(
        key,
        `the provider does not say that absent.${key} does not exist, it answers ${describeAnswer(reply)}: no tag is tried there`,
      );
    }
  }
  return unproven;
}

/** Nothing can be deleted where the caller has no right, whether it exists or not. */
function isProof(scene: Scene, parameter: Parameter, reply: Reply): boolean {
  const missing = notFound(scene.operation, parameter);
  const forbidden = keyOf(scene, parameter) === 'namespace' ? examplesOf(scene.operation, '403') : [];
  return [missing, ...forbidden].some((cause) => cause !== undefined && isAnswerOf(reply, cause));
}
