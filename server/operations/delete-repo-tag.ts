import { writtenRepository } from '../../openapi/names.ts';
import type { Handler } from './handler.ts';

/** DELETE …/tags/{tag}: deletes exactly this tag; 204 once it is durably gone. */
export const deleteRepoTag: Handler<'deleteRepoTag'> = async (
  { parameters, principal, context },
  { store, authorize },
) => {
  const { namespace, repository, tag } = parameters;
  const image = { namespace, repository: writtenRepository(repository), tag };
  context.audit = image;
  authorize(principal, image);
  const { digests } = await store.deleteTag(image);
  context.audit = { ...image, digests };
  return { status: 204 };
};
