import type { Violation } from './model.ts';

/** A quoted value of more characters is cut: a heading of 8 KB helps nobody. */
const MAX_QUOTED = 80;
const LONG_QUOTE = new RegExp(`"(?:[^"\\\\]|\\\\.){${MAX_QUOTED + 1},}"`, 'gs');

/**
 * A violation as a report may hold it: no secrets, and no endless quotes. Quotes are cut after the masking, as half a
 * secret would not be known for one.
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

/** What was cut is not cut again. A copy: a part of a text keeps the whole of it in memory. */
const cutQuotes = (text: string): string =>
  text.replace(LONG_QUOTE, (quote) => `${copyOf(quote.slice(0, MAX_QUOTED))}…" (${quote.length - 2} characters)`);

const copyOf = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
