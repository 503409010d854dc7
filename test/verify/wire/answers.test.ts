// How an answer is read off the wire, whatever pieces its bytes come in.
import { expect, test } from 'vitest';
import { Conversation } from '../../../verify/consumer/traffic/conversation.ts';
import type { Recorded } from '../../../verify/consumer/traffic/recording.ts';

const REQUEST = Buffer.from('DELETE / HTTP/1.1\r\nHost: h\r\n\r\n');

interface Read {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** The answer in bytes that come in pieces of this size. @returns the reason if they are none */
function readIn(bytes: Buffer, pieceBytes: number): Read | string {
  const told: Recorded[] = [];
  const conversation = new Conversation((recorded) => told.push(recorded));
  conversation.sent(REQUEST);
  for (let at = 0; at < bytes.length; at += pieceBytes) conversation.received(bytes.subarray(at, at + pieceBytes));
  conversation.end('provider');
  const [answer] = told.map((recorded) => recorded.answer);
  if (answer === undefined) return 'no answer';
  if (answer.broken !== undefined) return answer.broken;
  return { status: answer.status, headers: answer.headers, body: text(answer.content.kept) };
}

const read = (body: string) => expect.objectContaining({ status: 404, body });

test.each([
  ['a length', 'Content-Length: 2\r\n\r\nok', read('ok')],
  ['a length in two lines, the same', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\nok', read('ok')],
  ['a length in one line twice, the same (RFC 9112, 6.3)', 'Content-Length: 2, 2\r\n\r\nok', read('ok')],
  ['two lengths', 'Content-Length: 2, 3\r\n\r\nok', 'the Content-Length is "2, 3"'],
  ['a length that is no number', 'Content-Length: +2\r\n\r\nok', 'the Content-Length is "+2"'],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', read('ok')],
  ['chunks, in capitals', 'Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', read('ok')],
  [
    'chunks of what was encoded (RFC 9112, 6.3)',
    'Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    read('ok'),
  ],
  ['chunks, with trailers', 'Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nT: 1\r\n\r\n', read('ok')],
  ['another encoding alone: until the connection ends', 'Transfer-Encoding: gzip\r\n\r\nok', read('ok')],
  ['chunks that are encoded after it', 'Transfer-Encoding: chunked, gzip\r\n\r\nok', read('ok')],
  ['chunks beside a length', 'Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', read('')],
  [
    'a chunk longer than its size, where the rest looks like a size',
    'Transfer-Encoding: chunked\r\n\r\n2\r\nok1\r\na\r\n0\r\n\r\n',
    'a chunk is longer than its size',
  ],
  [
    'a chunk without a size',
    'Transfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n',
    'the size of a chunk is not a hexadecimal number',
  ],
  ['neither length nor chunks: until the connection ends', '\r\nok', read('ok')],
  [
    'a folded line, which is joined with a space (RFC 9112, 5.2)',
    'X-A: 1\r\n  2\r\nContent-Length: 2\r\n\r\nok',
    expect.objectContaining({ headers: expect.arrayContaining([['X-A', '1 2']]), body: 'ok' }),
  ],
  ['a folded line that goes on with none', ' X-A: 1\r\n\r\nok', 'a header line is invalid'],
  ['a blank before a colon', 'X-A : 1\r\n\r\nok', 'a header line is invalid'],
  [
    'a header line that ends with LF alone',
    'X-A: 1\nContent-Length: 2\r\n\r\nok',
    'a line of its head ends with LF alone',
  ],
  ['a head that ends with LF alone', 'Content-Length: 2\n\nok', 'a line of its head ends with LF alone'],
])('%s', (_, rest, expected) => {
  const bytes = Buffer.from(`HTTP/1.1 404 No\r\n${rest}`, 'latin1');

  for (const pieceBytes of [1, 7, bytes.length]) expect(readIn(bytes, pieceBytes)).toEqual(expected);
});

test.each(['HTTP/1.1 20 OK', 'HTTP/2 404 No', 'HTTP/1.1 404No'])('%s is no status line', (line) => {
  const bytes = Buffer.from(`${line}\r\nContent-Length: 0\r\n\r\n`);

  expect(readIn(bytes, 3)).toBe(`the status line is ${JSON.stringify(line)}`);
});
