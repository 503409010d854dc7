import { CannotRun } from '../cannot-run.ts';
import { describeAnswer } from './case.ts';
import type { Provider } from './provider.ts';
import { absentSegment, requestOf, type Scene } from './scene.ts';

/**
 * Asks for a tag that does not exist, to see that the provider is there and knows who asks: otherwise every case would
 * fail for one reason, which is none of the provider's.
 * @throws CannotRun
 */
export async function preflight(scene: Scene, provider: Provider): Promise<void> {
  const reply = await provider.send(requestOf(scene, { [scene.last.name]: absentSegment(scene, scene.last) ?? '' }));
  const { status } = reply.answer ?? {};
  if (reply.answer === undefined) throw new CannotRun([`the provider does not answer: ${reply.failure}`]);
  if (status === 401 || status === 403) {
    throw new CannotRun([
      `the provider refuses the fixtures’ credentials.allowed (${scene.allowed[0].kind}) for absent.tag: ${describeAnswer(reply)}; it must know them, and let them delete in images.namespace`,
    ]);
  }
}

/**
 * Where not one tag could be deleted because none was there, the fixtures are wrong, or the provider finds nothing.
 * @param statuses of the answers to the deletes
 * @throws CannotRun
 */
export function requireTags({ fixtures }: Scene, statuses: readonly number[]): void {
  if (statuses.length === 0 || !statuses.every((status) => status === 404)) return;
  const { namespace, repository, tags } = fixtures.images;
  throw new CannotRun([
    `every delete in ${namespace}/${repository} was answered 404: before the run the tags ${tags.join(', ')} must exist there (images.tags), and a run deletes them`,
  ]);
}
