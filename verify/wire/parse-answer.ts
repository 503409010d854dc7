// Bytes to an answer, by RFC 9112. Own code: every HTTP client hides what has to be judged here, as the bytes after a 204.
import type { AnswerMessage, HeaderLine } from './messages.ts';

/** An answer at the beginning of some bytes. */
interface ParsedAnswer {
  readonly answer: AnswerMessage;
  /** Where it ends. */
  readonly end: number;
}

/** What arrived is no HTTP/1.1 answer; the message says why. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}

/** Content with its end; undefined where more has to come. */
interface Framed {
  readonly body: Buffer;
  readonly end: number;
}

const HEAD_END = '\r\n\r\n';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Interim answers (1xx) are passed over.
 * @param method of the request: an answer to HEAD has no content
 * @param isEnded no more bytes will come
 * @returns undefined where more bytes are needed
 * @throws MalformedAnswer
 */
export function parseAnswer(bytes: Buffer, method: string, isEnded: boolean): ParsedAnswer | undefined {
  for (let start = 0; ; ) {
    const headEnd = bytes.indexOf(HEAD_END, start);
    if (headEnd === -1) {
      if (start === 0 && bytes.length > 4 && !bytes.toString('latin1', 0, 5).startsWith('HTTP/')) {
        throw new MalformedAnswer('what arrived does not begin with HTTP/1.1');
      }
      if (isEnded) throw new MalformedAnswer('the connection ended before the header section did');
      return undefined;
    }
    const { status, headers } = parseHead(bytes.toString('latin1', start, headEnd));
    start = headEnd + HEAD_END.length;
    if (status >= 200 || status === 101) {
      const framed = frame(bytes, start, method, status, headers, isEnded);
      return framed && { answer: { status, headers, body: framed.body }, end: framed.end };
    }
  }
}

function parseHead(text: string): { status: number; headers: HeaderLine[] } {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) throw new MalformedAnswer(`the status line is ${JSON.stringify(statusLine)}`);
  return { status: Number(status), headers: lines.map(headerLine) };
}

function headerLine(line: string): HeaderLine {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  if (colon < 1 || !TOKEN.test(name) || line.includes('\n')) {
    throw new MalformedAnswer(`a header line is ${JSON.stringify(line)}`);
  }
  return [name, line.slice(colon + 1).trim()];
}

/** RFC 9112, 6.3: how long the content is. */
function frame(
  bytes: Buffer,
  start: number,
  method: string,
  status: number,
  headers: readonly HeaderLine[],
  isEnded: boolean,
): Framed | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return { body: Buffer.alloc(0), end: start };
  const value = (name: string) => headers.filter(([one]) => one.toLowerCase() === name).map(([, text]) => text);
  const codings = value('transfer-encoding');
  if (codings.length > 0) {
    if (codings.join().toLowerCase() !== 'chunked') throw new MalformedAnswer(`the Transfer-Encoding is ${codings}`);
    return dechunk(bytes, start, isEnded);
  }
  const lengths = new Set(value('content-length'));
  if (lengths.size === 0) return isEnded ? { body: bytes.subarray(start), end: bytes.length } : undefined;
  const [length = ''] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) {
    throw new MalformedAnswer(`the Content-Length is ${JSON.stringify([...lengths].join(', '))}`);
  }
  const end = start + Number(length);
  if (bytes.length >= end) return { body: bytes.subarray(start, end), end };
  if (isEnded) {
    throw new MalformedAnswer(`the connection ended after ${bytes.length - start} of ${length} bytes of content`);
  }
  return undefined;
}

/** RFC 9112, 7.1. Extensions and trailers are passed over. */
function dechunk(bytes: Buffer, start: number, isEnded: boolean): Framed | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) break;
    const digits = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(bytes.toString('latin1', at, lineEnd))?.[1];
    if (digits === undefined) throw new MalformedAnswer('the size of a chunk is not a hexadecimal number');
    const size = Number.parseInt(digits, 16);
    at = lineEnd + 2;
    if (size === 0) {
      const trailersEnd = bytes.indexOf('\r\n', at) === at ? at - 2 : bytes.indexOf(HEAD_END, at);
      if (trailersEnd === -1) break;
      return { body: Buffer.concat(chunks), end: trailersEnd + HEAD_END.length };
    }
    if (bytes.length < at + size + 2) break;
    if (bytes.toString('latin1', at + size, at + size + 2) !== '\r\n') {
      throw new MalformedAnswer('a chunk is longer than its size');
    }
    chunks.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
  if (isEnded) throw new MalformedAnswer('the connection ended within a chunk');
  return undefined;
}
