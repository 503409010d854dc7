import { StringDecoder } from 'node:string_decoder';

/** Max length of a line, in characters; a valid reference has at most 64 + 128 + 128 and two separators. */
const MAX_LINE_LENGTH = 4096;
/** Characters shown of a longer line. */
const SHOWN_LENGTH = 100;

/**
 * The lines of a stream, without white space around them. node:readline would collect a line of any length. A line beyond
 * the limit is cut to its beginning and an ellipsis, which no name allows: the rest of it is unknown, so nothing may be
 * deleted because of it.
 */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH + 1);
    for (const line of lines) yield trim(line);
  }
  rest += decoder.end();
  if (rest !== '') yield trim(rest);
}

function trim(line: string): string {
  return line.length > MAX_LINE_LENGTH ? `${line.trimStart().slice(0, SHOWN_LENGTH)}…` : line.trim();
}
