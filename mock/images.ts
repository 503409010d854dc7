import type { PathParameters } from '../server/http/reply/reply.ts';

/** A tag as a request names it: a `/` in the repository is `$`. */
export type SentImage = PathParameters<'deleteRepoTag'>;

/** Why an image does not exist: the name of the contract's example. */
type Absence = 'organization-not-found' | 'repository-not-found' | 'tag-not-found';

/** Which images there are before anything is deleted. */
export interface Images {
  /** @returns undefined where the image exists */
  absenceOf(image: SentImage): Absence | undefined;
}

/** Every legal name is that of an image. */
export const everyImage: Images = { absenceOf: () => undefined };

/** These images, and no others. An organization exists where one of its repositories does, a repository where a tag does. */
export function listedImages(images: readonly SentImage[]): Images {
  const organizations = new Set(images.map(({ namespace }) => namespace));
  const repositories = new Set(images.map(({ namespace, repository }) => `${namespace}/${repository}`));
  const tags = new Set(images.map(imageKey));
  return {
    absenceOf(image) {
      if (!organizations.has(image.namespace)) return 'organization-not-found';
      if (!repositories.has(`${image.namespace}/${image.repository}`)) return 'repository-not-found';
      return tags.has(imageKey(image)) ? undefined : 'tag-not-found';
    },
  };
}

/** One image, one text: no legal name holds `/` or `:`. */
export function imageKey({ namespace, repository, tag }: SentImage): string {
  return `${namespace}/${repository}:${tag}`;
}
