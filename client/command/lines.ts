import { StringDecoder } from 'node:string_decoder';

/** No reference is longer: 64 + 128 + 128 characters and what is between them. */
const MAX_LINE_LENGTH = 4096;

/**
 * The lines of a stream, without their ends. node:readline would do it, but it collects a line of any length.
 * A line beyond the limit comes cut to it: it is illegal either way.
 */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) yield trim(line);
  }
  rest += decoder.end();
  if (rest !== '') yield trim(rest);
}

function trim(line: string): string {
  return line.slice(0, MAX_LINE_LENGTH).trim();
}
