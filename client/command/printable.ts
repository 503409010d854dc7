// Text of another party, such as a provider's message or a line of a list, must not control the reader's terminal: C0 and
// C1 control characters move the cursor and set titles, bidirectional controls make one name look like another.

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

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
  return JSON.stringify(value).replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
