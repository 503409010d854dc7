import { CannotRun } from '../cannot-run.ts';
import { notFound } from '../contract/causes.ts';
import { asSent, keyOf, type Scene } from './scene/scene.ts';
import { isSuccess, type SeenAnswer } from './send/evidence.ts';

/** Max tags that a message names. */
const MAX_NAMED = 10;
/** What these say of a caller or of a pace is told elsewhere. */
const OF_CALLERS = [401, 403, 429];

/**
 * A program that refuses whatever it is asked for in the same words does not tell one request from another: nothing can be
 * said of how it deletes.
 * @param address with the base path
 * @param answers of the run, with those to the deletes of tags that exist
 * @throws CannotRun
 */
export function requireProvider({ operation, fixtures }: Scene, address: string, answers: readonly SeenAnswer[]): void {
  const asked = answers.filter(({ method, isWellFormed }) => method === operation.method && isWellFormed);
  const [first] = asked;
  if (first === undefined || isSuccess(first.status) || OF_CALLERS.includes(first.status)) return;
  if (asked.some(({ status, code }) => status !== first.status || code !== first.code)) return;
  const { namespace, repository, tags } = fixtures.images;
  const orElse =
    first.status >= 500
      ? 'or it is out of order'
      : `or it holds none of the fixtures’ images, the tags ${tags.slice(0, MAX_NAMED).join(', ')} of ${namespace}/${repository}, which must exist before each run`;
  throw new CannotRun([
    `every ${operation.method} of ${address}${operation.path} was answered ${first.status}, whatever it named: either this API is not at this address (is the base path right?), ${orElse}`,
  ]);
}

/**
 * Where not one tag could be deleted because none was there, or because the caller had no right, the fixtures are wrong.
 * @param answers to the deletes
 * @param isFaulty the provider broke the contract elsewhere: what was found stands, and the fixtures may be right
 * @returns a note if the fault may also be the provider's
 * @throws CannotRun
 */
export function requireTags(scene: Scene, answers: readonly SeenAnswer[], isFaulty: boolean): string[] {
  const { namespace, repository, tags } = scene.fixtures.images;
  const isAll = (status: number) => answers.length > 0 && answers.every((answer) => answer.status === status);
  if (isAll(403)) {
    throw new CannotRun([
      `every delete in ${namespace}/${repository} was answered 403: the fixtures’ credentials.allowed must be allowed to delete there`,
    ]);
  }
  if (!isAll(404)) return [];
  const gone = notFound(scene.operation, scene.last)?.code;
  const isRepositoryKnown = answers.some(({ code }) => code === gone);
  const parameter = scene.path.find((one) => keyOf(scene, one) === 'repository')?.name ?? '';
  const sent = asSent(scene.operation, parameter, repository);
  if (sent !== repository && !isRepositoryKnown) {
    return [
      `Every delete was answered 404, and not for the tag: either ${namespace}/${repository} does not exist, and the fixtures’ images are wrong, or the base path is, or the provider does not read ${sent} as ${repository}.`,
    ];
  }
  const problem = `every delete in ${namespace}/${repository} was answered 404: the tags ${tags.slice(0, MAX_NAMED).join(', ')} of the fixtures’ images must exist before each run, which deletes them; is the base path right?`;
  if (isFaulty) return [`E${problem.slice(1)} Or the provider does not find them.`];
  throw new CannotRun([problem]);
}
