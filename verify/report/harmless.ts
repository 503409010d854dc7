// A provider's answer may hold anything: escape sequences for the terminal, right-to-left overrides, characters that XML forbids.

/** Unicode's category C (control, format, surrogate, private, unassigned), and the separators that break lines. */
const HOSTILE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const HOSTILE_BUT_LINE_FEED = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text of one line: characters that a terminal, a browser or an XML parser could interpret are escaped. */
export const harmlessLine = (text: string): string => text.replace(HOSTILE, spelt);

/** The same for text of several lines; CR LF counts as an end of line. */
export const harmlessText = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(HOSTILE_BUT_LINE_FEED, spelt);

/**
 * Cuts a long text, and says so.
 * @param limit characters that may stay
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}\n[… ${text.length - limit} more characters are left out]`;
}

/** JSON of the same value, with hostile characters written as JSON escapes. */
export const harmlessJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replace(HOSTILE_BUT_LINE_FEED, (character) =>
    Array.from({ length: character.length }, (_, unit) => `\\u${hex(character.charCodeAt(unit), 4)}`).join(''),
  );

function spelt(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\r') return '\\r';
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
