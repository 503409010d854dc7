// Steps through JSON text byte by byte. In UTF-8 no byte of a longer character looks like an ASCII one (RFC 3629, 3),
// so that quotes and brackets can be found without decoding.

export const COMMA = 0x2c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The text is not valid JSON, or not of the shape that was asked for. */
export class InvalidJson extends Error {
  override readonly name = 'InvalidJson';
}

/** @throws InvalidJson */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidJson((error as Error).message);
  }
}

/**
 * Finds the value under a key of the outermost object.
 * @returns the offset where it begins
 * @throws InvalidJson where the text is no object, or has this key not at all or twice
 */
export function findValue(bytes: Buffer, key: string): number {
  let found: number | undefined;
  let at = skipSpace(bytes, expect(bytes, skipSpace(bytes, 0), OPEN_BRACE));
  while (bytes[at] !== CLOSE_BRACE) {
    const nameEnd = skipValue(bytes, at);
    const name = parseJson(bytes.toString('utf8', at, nameEnd));
    at = skipSpace(bytes, expect(bytes, skipSpace(bytes, nameEnd), COLON));
    if (name === key) {
      // Readers disagree about which of two equal keys counts.
      if (found !== undefined) throw new InvalidJson(`${key} stands there twice`);
      found = at;
    }
    at = skipSpace(bytes, skipValue(bytes, at));
    if (bytes[at] === CLOSE_BRACE) break;
    at = skipSpace(bytes, expect(bytes, at, COMMA));
  }
  if (found === undefined) throw new InvalidJson(`${key} is missing`);
  return found;
}

/** The offset of the next byte that is not white space (RFC 8259, 2). */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** @returns the offset behind the byte. @throws InvalidJson where another one stands there */
export function expect(bytes: Buffer, at: number, byte: number): number {
  if (bytes[at] !== byte) throw new InvalidJson(`'${String.fromCharCode(byte)}' expected at byte ${at}`);
  return at + 1;
}

/** The offset behind the value that begins here. Only its extent is looked for: it may still be malformed inside. */
export function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(bytes, from);
  let at = from;
  while (at < bytes.length && !endsScalar(bytes[at])) at += 1;
  if (at === from) throw new InvalidJson(`a value expected at byte ${from}`);
  return at;
}

function skipNested(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = skipString(bytes, at) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  throw new InvalidJson('ends within an object or array');
}

function skipString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === QUOTE) return at + 1;
  }
  throw new InvalidJson('ends within a string');
}

function endsScalar(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
