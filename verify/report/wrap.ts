/** Narrower than this a terminal wraps by itself, in columns. */
const MIN_WIDTH = 40;

/**
 * Breaks a text between words. A word that is too long for a line keeps its own.
 * @param margin of the lines after the first, in columns
 * @param width of a line, in columns; undefined: one line
 */
export function wrap(text: string, margin: number, width: number | undefined): string {
  if (width === undefined || width < MIN_WIDTH || text.length <= width) return text;
  const [indent = ''] = /^\s*/.exec(text) ?? [];
  const lines: string[] = [];
  let current = indent;
  for (const word of text.trimStart().split(/(?<=\S)(?= )/)) {
    if (current.trim() !== '' && current.length + word.length > width) {
      lines.push(current);
      current = ' '.repeat(margin) + word.trimStart();
    } else current += word;
  }
  return [...lines, current].join('\n');
}
