// Text of another party, such as a provider's message or a line of a list, must not control the reader's terminal: control
// characters move the cursor and set titles; bidirectional controls, characters without a width and blank letters make one
// name look like another.

/** Unicode's categories of control, format and line ends, and what shows nothing where it is not supported (UAX 44). */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Replaces each control character, line ends too, with U+FFFD. */
export function printable(text: string): string {
  return text.replace(CONTROLS, '\ufffd');
}

/** The same for text of several lines, such as a usage message. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON with each control character escaped: the value stays the same. JSON.stringify escapes C0 alone. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(CONTROLS, (character) => character.split('').map(escaped).join(''));
}

/** @param unit of UTF-16 */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
