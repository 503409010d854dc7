// Replaces secrets in a text, in every spelling in which an answer may repeat them.

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** A text of a message: as it is, in JSON, and in a URL. */
const spellingsOf = (secret: string): string[] => [
  ...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]),
];

/**
 * A function that replaces secrets. The longest goes first, since one secret may contain another; and all in one pass: a
 * replacement is not searched for other secrets.
 * @param secrets each with what is shown in its place
 */
export function replacing(secrets: Iterable<readonly [secret: string, shown: string]>): (text: string) => string {
  const shownFor = new Map<string, string>();
  for (const [secret, shown] of secrets) {
    for (const spelling of spellingsOf(secret)) if (!shownFor.has(spelling)) shownFor.set(spelling, shown);
  }
  if (shownFor.size === 0) return (text) => text;
  const longestFirst = [...shownFor.keys()].toSorted((one, other) => other.length - one.length);
  const any = new RegExp(longestFirst.map(escaped).join('|'), 'g');
  return (text) => text.replace(any, (spelling) => shownFor.get(spelling) ?? spelling);
}
