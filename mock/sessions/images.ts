import type { PathParameters } from '../../openapi/names.ts';

/** An image as requests name it: a `/` in the repository is sent as `$`. */
export type SentImage = PathParameters<'deleteRepoTag'>;

/** What is missing: the name of the contract's example. */
type Absence = 'organization-not-found' | 'repository-not-found' | 'tag-not-found';

/** The images that exist before the first delete. */
export interface Images {
  /** @returns undefined if the image exists */
  absenceOf(image: SentImage): Absence | undefined;
}

/** Every image with a valid name exists. */
export const everyImage: Images = { absenceOf: () => undefined };

/** Only these images exist, with their repositories and organizations. */
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

/** Unique for each image: no valid name contains `/` or `:`. */
export function imageKey({ namespace, repository, tag }: SentImage): string {
  return `${namespace}/${repository}:${tag}`;
}
