// What is asked before any case runs: a wrong address, wrong credentials or a name that exists after all would make
// every case fail, or delete what the partner did not offer, and none of it is the provider's fault.
import { CannotRun } from '../cannot-run.ts';
import { notFound } from '../contract/causes.ts';
import { examplesOf, type Parameter } from '../contract/contract.ts';
import { levelOf } from '../contract/level.ts';
import { ruleInWords } from '../contract/rule-in-words.ts';
import type { Fixtures } from '../fixtures.ts';
import { errorCodeOf } from '../judge/judge-body.ts';
import type { Finding } from '../report/model.ts';
import { describeAnswer, isAnswerOf } from './cases/judge-reply.ts';
import type { Way } from './scene/auth-methods.ts';
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

/** What is known before the first case. */
export interface Known {
  /** The absent names of which the provider does not say that they do not exist: no tag may be asked for there. */
  readonly unproven: Unproven;
  /** Those of them that may as well not exist: a 404 without an error code does not say what is missing. */
  readonly assumed: ReadonlySet<FixtureKey>;
  /** Without the ways in that the provider refuses. */
  readonly fixtures: Fixtures;
  /** What is wrong already. */
  readonly findings: readonly Finding[];
}

/**
 * Asks for a tag that does not exist: whether the provider is there, which of the fixtures' ways in it takes, and whether
 * the absent names are so. What is wrong is a finding; the run goes on.
 * @throws CannotRun if nothing answers, or the fixtures are unusable
 */
export async function preflight(scene: Scene, provider: Provider): Promise<Known> {
  const first = await requireAnswer(scene, provider);
  await meetFront(scene, provider, first);
  const refused = await refusedWays(scene, provider, first);
  const findings = refused.map((one) => refusedFinding(scene, one));
  const [usable] = scene.allowed.filter((way) => !refused.some((one) => one.way === way));
  if (usable === undefined) throw new CannotRun(refused.map(sentenceOf));
  const known = { ...scene, allowed: [usable] as const };
  const { unproven, assumed } = await findUnproven(known, provider);
  return { unproven, assumed, fixtures: withoutWays(scene.fixtures, refused), findings };
}

/** The tag that does not exist is asked for, wherever else the request goes. */
function absentTag(scene: Scene, segments: Segments = {}, more: Partial<CaseRequest> = {}): CaseRequest {
  return requestOf(scene, { [scene.last.name]: absentSegment(scene, scene.last) ?? '', ...segments }, more);
}

async function requireAnswer(scene: Scene, provider: Provider): Promise<Reply> {
  const told = await askForAbsentTag(scene, provider);
  // The first answer tells what time it is there: a signature by another clock was refused for that.
  const isLate = scene.clock.learn(told) && told.answer?.status === 401;
  const reply = isLate ? await askForAbsentTag(scene, provider) : told;
  if (reply.answer === undefined) throw new CannotRun([whyNoAnswer(reply)]);
  return reply;
}

/** A line that is not a header never reaches the provider's program. */
async function meetFront(scene: Scene, provider: Provider, { answer }: Reply): Promise<void> {
  const reply = await provider.send(
    requestOf(scene, { [scene.last.name]: scene.madeUpTag }, { brokenLines: ['no header'] }),
  );
  provider.front.learn(reply.answer, answer);
}

const nameOf = ({ request, target }: Reply) => `${request.method} ${target}`;

function whyNoAnswer({ failure, exchange }: Reply): string {
  return exchange.received === undefined
    ? `the provider does not answer: ${failure}`
    : `what the provider sends is not an HTTP/1.1 answer: ${failure}`;
}

/** @throws CannotRun if the tag existed. A provider that always says that it has deleted has deleted nothing. */
async function askForAbsentTag(scene: Scene, provider: Provider): Promise<Reply> {
  const first = await provider.send(absentTag(scene));
  if (!isSuccessful(first)) return first;
  const second = await provider.send(absentTag(scene));
  if (isSuccessful(second)) return second;
  throw new CannotRun([
    `the fixtures’ absent.tag existed, and is deleted now: ${nameOf(first)} was answered ${describeAnswer(first)}, then ${describeAnswer(second)}`,
  ]);
}

/** A way in of the fixtures that the provider refuses. */
interface Refused {
  readonly way: Way;
  readonly reply: Reply;
}

const fixtureOf = ({ kind }: Way) => `credentials.allowed.${kind === 'token' ? 'token' : 'accessKey and secretKey'}`;

const sentenceOf = ({ way, reply }: Refused) =>
  `the provider refuses the fixtures’ ${fixtureOf(way)}: ${describeAnswer(reply)}`;

/** @param first what the first way in was answered */
async function refusedWays(scene: Scene, provider: Provider, first: Reply): Promise<Refused[]> {
  const refused: Refused[] = [];
  for (const way of scene.allowed.filter(({ isNobody }) => isNobody !== true)) {
    const { credentials } = way;
    const reply = way === scene.allowed[0] ? first : await provider.send(absentTag(scene, {}, { credentials }));
    const refusal = await refusalOf(scene, provider, way, reply);
    if (refusal !== undefined) refused.push({ way, reply: refusal });
  }
  return refused;
}

function refusedFinding({ contract, operation, success }: Scene, { way, reply }: Refused): Finding {
  const rule = operation.security.find(({ kind }) => kind === way.kind)?.pointer ?? operation.pointer;
  const message = `The provider refuses the fixtures’ ${fixtureOf(way)}.`;
  const found = describeAnswer(reply);
  return {
    id: `credentials/${way.kind}`,
    title: `the ${way.kind} of credentials.allowed is taken`,
    level: levelOf(contract, rule),
    status: success.status,
    cause: success.name,
    verdict: 'violated',
    violations: [
      { rule, clause: ruleInWords(contract, rule), message, found, harm: 'delete-refused', exchange: reply.exchange },
    ],
  };
}

/** The fixtures with the ways in that the provider takes. */
function withoutWays(fixtures: Fixtures, refused: readonly Refused[]): Fixtures {
  const { allowed, ...others } = fixtures.credentials ?? {};
  if (allowed === undefined || refused.length === 0) return fixtures;
  const kinds = refused.map(({ way }) => way.kind);
  const { token, accessKey, secretKey } = allowed;
  const left = {
    ...(token !== undefined && !kinds.includes('token') && { token }),
    ...(accessKey !== undefined && !kinds.includes('signature') && { accessKey, secretKey }),
  };
  return { ...fixtures, credentials: { ...others, allowed: left } };
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

async function findUnproven(scene: Scene, provider: Provider): Promise<Pick<Known, 'unproven' | 'assumed'>> {
  const assumed = new Set<FixtureKey>();
  const unproven = new Map<FixtureKey, string>();
  for (const parameter of scene.path.slice(0, -1)) {
    const segment = allegedlyAbsent(scene, parameter);
    if (segment === undefined) continue;
    const key = keyOf(scene, parameter);
    // A tag of the partner's might be there, should the rest exist after all.
    const names = { [parameter.name]: segment, [scene.last.name]: scene.madeUpTag };
    const reply = await provider.send(requestOf(scene, names));
    const isPlain = reply.answer?.status === 404 && errorCodeOf(reply.answer) === undefined;
    if (isPlain) assumed.add(key);
    if (!isProof(scene, parameter, reply)) {
      const why = isPlain
        ? `a 404 without an error code leaves open whether absent.${key} exists`
        : `the provider does not say that absent.${key} does not exist, it answers ${describeAnswer(reply)}`;
      unproven.set(key, `${why}: no tag is tried there`);
    }
  }
  return { unproven, assumed };
}

/** A caller without a right cannot delete anything, whether it exists or not. */
function isProof(scene: Scene, parameter: Parameter, reply: Reply): boolean {
  const missing = notFound(scene.operation, parameter);
  const forbidden = keyOf(scene, parameter) === 'namespace' ? examplesOf(scene.operation, '403') : [];
  return [missing, ...forbidden].some((cause) => cause !== undefined && isAnswerOf(reply, cause));
}
