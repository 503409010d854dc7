// Whether a known caller may delete a tag.
import { Failure } from '../failures.ts';
import type { ImageTag } from '../store.ts';
import type { Principal } from './credentials.ts';

/**
 * @throws Failure `namespace-not-permitted` or `tag-protected`, in this order: who has no right in the organization
 * does not learn what is protected there
 */
export type Authorize = (principal: Principal, image: ImageTag) => void;

/** @param protectedTags matches the whole tag */
export function createAuthorize(protectedTags: RegExp | undefined): Authorize {
  const whole = protectedTags && new RegExp(`^(?:${protectedTags.source})$`, protectedTags.flags);
  return (principal, { namespace, tag }) => {
    if (!principal.namespaces.some((pattern) => matches(pattern, namespace)))
      throw new Failure('namespace-not-permitted');
    if (whole?.test(tag)) throw new Failure('tag-protected');
  };
}

const compiled = new Map<string, RegExp>();

/** `*` stands for any run of characters; every other character for itself. */
function matches(pattern: string, namespace: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    const escaped = pattern.split(/\*+/).map((part) => part.replaceAll('.', '\\.'));
    expression = new RegExp(`^${escaped.join('.*')}$`);
    compiled.set(pattern, expression);
  }
  return expression.test(namespace);
}
