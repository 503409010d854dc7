/** Control and format characters, line ends, and what shows nothing: they control a terminal or forge lines (UAX 44). */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text of another party, such as the name of a file, as one line for a terminal: each such character as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** What nearly all lines of a log are; looking for this first takes a tenth of the time. */
const PLAIN = /^[\x20-\x7e]*\n?$/;

/** A line of JSON with each such character escaped, but its own end if it has one: the value stays the same. */
export function printableJsonLine(line: string): string {
  if (PLAIN.test(line)) return line;
  const json = line.trimEnd();
  return json.replace(CONTROLS, (text) => text.split('').map(escaped).join('')) + line.slice(json.length);
}

/** @param unit of UTF-16 */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
