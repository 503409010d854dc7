import type { Violation } from './model.ts';

/** Max characters of a quoted value. Longer ones are cut, so that headings stay readable. */
const MAX_QUOTED = 80;
const LONG_QUOTE = new RegExp(`"(?:[^"\\\\]|\\\\.){${MAX_QUOTED + 1},}"`, 'gs');

/**
 * A violation ready for a report: secrets masked, long quotes cut. Masking comes first, because a truncated secret is not
 * recognized.
 */
export function presentable(violation: Violation, mask: (text: string) => string): Violation {
  const shown = (text: string) => cutQuotes(mask(text));
  const { message, found, seenWith } = violation;
  return {
    ...violation,
    message: shown(message),
    ...(found !== undefined && { found: shown(found) }),
    ...(seenWith !== undefined && { seenWith: shown(seenWith) }),
  };
}

/** Text that is already cut is not cut again. A copy, because a substring keeps the whole string in memory. */
const cutQuotes = (text: string): string =>
  text.replace(LONG_QUOTE, (quote) => `${copyOf(quote.slice(0, MAX_QUOTED))}…" (${quote.length - 2} characters)`);

const copyOf = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
