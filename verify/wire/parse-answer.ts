// Bytes to an answer, by RFC 9112. Own code: every HTTP client hides what has to be judged here, as the bytes after a 204.
import {
  type Framing,
  framingOfAnswer,
  type Head,
  hasBareLineFeed,
  headEndOf,
  parseHead,
  statusOf,
} from './framing.ts';
import type { AnswerMessage } from './messages.ts';

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

/** The longest head that is read, in bytes. */
const MAX_HEAD = 64 * 1024;

/**
 * Interim answers (1xx) are passed over.
 * @param method of the request: an answer to HEAD has no content
 * @param isEnded no more bytes will come
 * @returns undefined where more bytes are needed
 * @throws MalformedAnswer
 */
export function parseAnswer(bytes: Buffer, method: string, isEnded: boolean): ParsedAnswer | undefined {
  for (let start = 0; ; ) {
    const headEnd = headEndOf(bytes.toString('latin1', start, start + MAX_HEAD));
    if (headEnd === undefined) {
      if (start === 0 && bytes.length > 4 && !bytes.toString('latin1', 0, 5).startsWith('HTTP/')) {
        throw new MalformedAnswer('what arrived does not begin with HTTP/1.1');
      }
      if (bytes.length - start >= MAX_HEAD) throw new MalformedAnswer(`its head is longer than ${MAX_HEAD} bytes`);
      if (isEnded) throw new MalformedAnswer('the connection ended before the header section did');
      return undefined;
    }
    // Decoded anew: its headers are parts of it, and keep no more in memory than that.
    const head = headOf(bytes.toString('latin1', start, start + headEnd.next), headEnd.at);
    const { status, headers } = head;
    start += headEnd.next;
    if (status >= 200 || status === 101) {
      const framed = frame(bytes, start, framingOfAnswer(head, status, method), isEnded);
      return framed && { answer: { status, headers, body: framed.body }, end: framed.end };
    }
  }
}

function headOf(text: string, end: number): Head & { readonly status: number } {
  if (hasBareLineFeed(text)) throw new MalformedAnswer('a line of its head ends with LF alone');
  const head = parseHead(text.slice(0, end));
  if (typeof head === 'string') throw new MalformedAnswer(head);
  const status = statusOf(head.startLine);
  if (status === undefined) throw new MalformedAnswer(`the status line is ${JSON.stringify(head.startLine)}`);
  return { ...head, status };
}

function frame(bytes: Buffer, start: number, framing: Framing | string, isEnded: boolean): Framed | undefined {
  if (typeof framing === 'string') throw new MalformedAnswer(framing);
  if (framing.kind === 'chunked') return dechunk(bytes, start, isEnded);
  if (framing.kind !== 'length') return isEnded ? { body: bytes.subarray(start), end: bytes.length } : undefined;
  const end = start + framing.bytes;
  if (bytes.length >= end) return { body: bytes.subarray(start, end), end };
  if (isEnded) {
    throw new MalformedAnswer(
      `the connection ended after ${bytes.length - start} of ${framing.bytes} bytes of content`,
    );
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
