// Which tag of the fixtures is deleted for what.
import type { NotVerified } from './outcome.ts';

export interface Allotment {
  readonly first: string;
  /** Begins with the first, and is longer. */
  readonly longer: string | NotVerified;
  /** Differs from the first in letters' case only. */
  readonly otherCase: string | NotVerified;
  readonly otherWay: string | undefined;
  readonly race: string | undefined;
  readonly encoded: string | undefined;
  /** What requests that are refused at base are aimed at. */
  readonly witness: string | undefined;
  /** What other refused requests are aimed at: a provider that keeps base alone may delete it. */
  readonly strangers: string | undefined;
  readonly others: readonly string[];
}

/**
 * What shares a name's beginning, or all but its letters' case, is found among the tags: a partner only lists them.
 * The last of the others is the witness.
 */
export function allotTags(
  tags: readonly string[],
  { hasOtherWay, isBaseOnly }: { readonly hasOtherWay: boolean; readonly isBaseOnly: boolean },
): Allotment {
  const left = new Set(tags);
  const take = (wanted: (tag: string) => boolean = () => true): string | undefined => {
    const found = [...left].find(wanted);
    if (found !== undefined) left.delete(found);
    return found;
  };
  const isLonger = (tag: string) => (one: string) => one !== tag && one.startsWith(tag);
  const isOtherCase = (tag: string) => (one: string) => one !== tag && one.toLowerCase() === tag.toLowerCase();
  const first =
    take((tag) => tags.some(isLonger(tag)) && tags.some(isOtherCase(tag))) ??
    take((tag) => tags.some(isLonger(tag)) || tags.some(isOtherCase(tag))) ??
    take();
  if (first === undefined) throw new TypeError('the fixtures have at least one tag');
  const longer = take(isLonger(first));
  const otherCase = take(isOtherCase(first));
  const last = [...left].at(-1);
  return {
    first,
    longer: longer ?? need('two tags are needed, one of which begins with the other, as v1 and v10'),
    otherCase: otherCase ?? need('two tags are needed that differ in letters’ case only, as v1 and V1'),
    witness: take((tag) => tag === last),
    race: take(),
    strangers: isBaseOnly ? undefined : take(),
    otherWay: hasOtherWay && !isBaseOnly ? take() : undefined,
    encoded: isBaseOnly ? undefined : take(),
    others: [...left],
  };
}

function need(reason: string): NotVerified {
  return { reason, fixture: 'images.tags' };
}
