// The operation's path, as the contract writes it.
import { operations, sentAs } from '../../generated/contract.ts';
import type { Sent } from './behaviour.ts';
import type { Names } from './names.ts';

export const { method: METHOD, parameters } = operations.deleteRepoTag;

/** Splits a request target, in origin form or in absolute form (RFC 9112, 3.2), into path and query. */
export function split(target: string): Pick<Sent, 'path' | 'query'> {
  const [path = '', ...query] = target.replace(/^[a-z]+:\/\/[^/?]*/i, '').split('?');
  return { path, query: query.join('?') };
}

/** Matches a path to the contract's, a segment to a name. @param flags of the regular expression */
export function matchPath(path: string, name = '[^/]+', flags = ''): Names | undefined {
  const pattern = operations.deleteRepoTag.path.replaceAll(/\{(\w+)\}/g, `(?<$1>${name})`);
  return new RegExp(`^${pattern}$`, flags).exec(path)?.groups as Names | undefined;
}

/** What cannot be decoded stays as it is: the `%` that is left makes it an illegal name. */
export function decode(sent: string): string {
  try {
    return decodeURIComponent(sent);
  } catch {
    return sent;
  }
}

/** A repository's name as people write it, from how it travels. */
export function imageOf({ repository, ...names }: Names): Names {
  return { ...names, repository: repository.replaceAll(sentAs.repository.sentAs, sentAs.repository.character) };
}
