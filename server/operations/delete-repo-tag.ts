import { repositoryName } from '../http/names.ts';
import type { Handler } from './handler.ts';

/** DELETE …/tags/{tag}: exactly this tag, 204 once it is durably gone. */
export const deleteRepoTag: Handler<'deleteRepoTag'> = async (
  { parameters, principal, context },
  { store, authorize },
) => {
  const { namespace, repository, tag } = parameters;
  const image = { namespace, repository: repositoryName(repository), tag };
  context.image = image;
  authorize(principal, image);
  const { digests } = await store.deleteTag(image);
  context.digests = digests;
  return { status: 204 };
};
