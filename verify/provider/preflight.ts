import { CannotRun } from '../cannot-run.ts';
import { notFound } from '../contract/causes.ts';
import { errorCodeOf } from '../judge/judge-body.ts';
import type { AnswerMessage } from '../wire/messages.ts';
import { describeAnswer } from './case.ts';
import type { Provider } from './provider.ts';
import { absentSegment, asSent, keyOf, requestOf, type Scene } from './scene.ts';

/**
 * Asks for a tag that does not exist, to see that the provider is there and knows who asks: otherwise every case would
 * fail for one reason, which is none of the provider's.
 * @throws CannotRun
 */
export async function preflight(scene: Scene, provider: Provider): Promise<void> {
  const reply = await provider.send(requestOf(scene, { [scene.last.name]: absentSegment(scene, scene.last) ?? '' }));
  const { status } = reply.answer ?? {};
  if (reply.answer === undefined) throw new CannotRun([`the provider does not answer: ${reply.failure}`]);
  if (status === 401) {
    throw new CannotRun([
      `the provider refuses the fixtures’ credentials.allowed (${scene.allowed[0].kind}) : ${describeAnswer(reply)}`,
    ]);
  }
}

/**
 * Where not one tag could be deleted because none was there, or because the caller had no right, the fixtures are wrong.
 * @param answers to the deletes
 * @returns a note where it may as well be the provider that does not read the repository's name as the contract says
 * @throws CannotRun
 */
export function requireTags(scene: Scene, answers: readonly AnswerMessage[]): string[] {
  const { namespace, repository, tags } = scene.fixtures.images;
  const isAll = (status: number) => answers.length > 0 && answers.every((answer) => answer.status === status);
  if (isAll(403)) {
    throw new CannotRun([
      `every delete in ${namespace}/${repository} was answered 403: the fixtures’ credentials.allowed must be allowed to delete there`,
    ]);
  }
  if (!isAll(404)) return [];
  const gone = notFound(scene.operation, scene.last)?.code;
  const isRepositoryKnown = answers.some((answer) => errorCodeOf(answer) === gone);
  const parameter = scene.path.find((one) => keyOf(scene, one) === 'repository')?.name ?? '';
  const sentRepository = asSent(scene.operation, parameter, repository);
  const isRewritten = sentRepository !== repository;
  if (isRewritten && !isRepositoryKnown) {
    return [
      `Every delete was answered 404, and not for the tag: either ${namespace}/${repository} does not exist, and the fixtures’ images are wrong, or the provider does not read ${sentRepository} as ${repository}.`,
    ];
  }
  throw new CannotRun([
    `every delete in ${namespace}/${repository} was answered 404: the tags ${tags.slice(0, 10).join(', ')} of the fixtures’ images must exist before each run, which deletes them`,
  ]);
}
