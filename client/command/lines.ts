import { StringDecoder } from 'node:string_decoder';

/** No reference is longer: 64 + 128 + 128 characters and what is between them. */
const MAX_LINE_LENGTH = 4096;
/** So much of a longer line is shown. */
const SHOWN_LENGTH = 100;

/**
 * The lines of a stream, without white space around them. node:readline would do it, but it collects a line of any
 * length. Of a line beyond the limit comes its beginning with an ellipsis, which no name allows: what stands in the rest
 * is not known, so nothing may be deleted by it.
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
