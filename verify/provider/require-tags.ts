import { CannotRun } from '../cannot-run.ts';
import { notFound } from '../contract/causes.ts';
import { asSent, keyOf, type Scene } from './scene/scene.ts';
import type { SeenAnswer } from './send/evidence.ts';

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
  const problem = `every delete in ${namespace}/${repository} was answered 404: the tags ${tags.slice(0, 10).join(', ')} of the fixtures’ images must exist before each run, which deletes them; is the base path right?`;
  if (isFaulty) return [`E${problem.slice(1)} Or the provider does not find them.`];
  throw new CannotRun([problem]);
}
