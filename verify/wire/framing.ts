// Finds the length of a message from its head (RFC 9112, section 6).
import { type HeaderLine, valuesOf } from './messages.ts';

/** What follows a head. `tunnel`: the rest of the connection is no longer HTTP/1.1. */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }
  | { readonly kind: 'tunnel' };

/** A head as it was on the wire. */
export interface Head {
  /** With its line ends, without the empty line. */
  readonly text: string;
  readonly startLine: string;
  readonly headers: readonly HeaderLine[];
}

/** Where the first head of a text ends; its line ends may be wrong. */
interface HeadEnd {
  /** Where the empty line begins, with the line end before it. */
  readonly at: number;
  /** Where content begins. */
  readonly next: number;
}

/** @returns undefined if the head is not complete yet */
export function headEndOf(text: string): HeadEnd | undefined {
  const found = /\r?\n\r?\n/.exec(text);
  return found === null ? undefined : { at: found.index, next: found.index + found[0].length };
}

/**
 * Whether a line ends with LF alone. A recipient may accept it, so some clients do and others do not (RFC 9112,
 * 2.2): an answer that relies on it is wrong.
 */
export const hasBareLineFeed = (text: string): boolean => /(?<!\r)\n/.test(text);

/** @returns undefined if it is not an HTTP/1.1 status line */
export function statusOf(startLine: string): number | undefined {
  const digits = /^HTTP\/1\.[01] (\d{3})(?: .*)?$/.exec(startLine)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const NOTHING: Framing = { kind: 'length', bytes: 0 };

/** @returns a string that says what is wrong, if the head is invalid */
export function parseHead(text: string): Head | string {
  const [startLine = '', ...lines] = text.split(/\r?\n/);
  const headers: HeaderLine[] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      // RFC 9112, 5.2: a line that continues the previous one is joined to it with a space.
      headers[headers.length - 1] = [last[0], `${last[1]} ${line.trim()}`];
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return 'a header line is invalid';
    headers.push([name, line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]);
  }
  return { text, startLine, headers };
}

/** @returns a string that says what is wrong, if the length cannot be determined */
export function framingOfRequest(head: Head): Framing | string {
  const codings = codingsOf(head);
  const lengths = lengthsOf(head);
  if (codings.length > 0 && lengths.length > 0) return 'it has Transfer-Encoding and Content-Length';
  if (codings.length > 0)
    return codings.at(-1) === 'chunked' ? { kind: 'chunked' } : 'its last transfer coding is not chunked';
  return lengths.length === 0 ? NOTHING : lengthOf(lengths);
}

/** @param method of the request that is answered */
export function framingOfAnswer(head: Head, status: number, method: string): Framing | string {
  if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return { kind: 'tunnel' };
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return NOTHING;
  const codings = codingsOf(head);
  if (codings.length > 0) return codings.at(-1) === 'chunked' ? { kind: 'chunked' } : { kind: 'until-close' };
  const lengths = lengthsOf(head);
  return lengths.length === 0 ? { kind: 'until-close' } : lengthOf(lengths);
}

const listOf = (head: Head, name: string): string[] =>
  valuesOf(head, name).flatMap((value) => value.split(',').map((one) => one.trim()));

const codingsOf = (head: Head): string[] => listOf(head, 'Transfer-Encoding').map((coding) => coding.toLowerCase());

const lengthsOf = (head: Head): string[] => [...new Set(listOf(head, 'Content-Length'))];

function lengthOf(lengths: readonly string[]): Framing | string {
  const [length = ''] = lengths;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) {
    return `the Content-Length is ${JSON.stringify(lengths.join(', '))}`;
  }
  return { kind: 'length', bytes: Number(length) };
}
