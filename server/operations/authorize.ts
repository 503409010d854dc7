// Whether a known caller may delete a tag.
import type { Caller } from '../http/principals.ts';
import { Failure } from '../http/reply/failures.ts';
import type { ImageTag } from '../store.ts';

/**
 * @throws Failure `namespace-not-permitted` or `tag-protected`, in this order: a caller without a right in the
 * organization does not learn what is protected there
 */
export type Authorize = (principal: Caller, image: ImageTag) => void;

/** @param protectedTags matches the whole tag */
export function createAuthorize(protectedTags: RegExp | undefined): Authorize {
  const whole = protectedTags && new RegExp(`^(?:${protectedTags.source})$`, protectedTags.flags);
  return (principal, { namespace, tag }) => {
    if (!principal.namespaces.some((pattern) => matches(pattern, namespace)))
      throw new Failure('namespace-not-permitted');
    if (whole?.test(tag)) throw new Failure('tag-protected');
  };
}

/** `*` matches any run of characters. Not a regular expression: with many stars it would backtrack for hours. */
function matches(pattern: string, namespace: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return namespace === first;
  if (!namespace.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = namespace.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return namespace.length - last.length >= at && namespace.endsWith(last);
}
