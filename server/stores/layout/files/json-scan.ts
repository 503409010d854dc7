// Steps through JSON text byte by byte. In UTF-8 no byte of a multi-byte character looks like an ASCII one (RFC 3629,
// section 3), so quotes and brackets are found without decoding.

export const COMMA = 0x2c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The text is not valid JSON, or does not have the expected shape. */
export class InvalidJson extends Error {
  override readonly name = 'InvalidJson';
}

/** JSON.parse that throws InvalidJson. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidJson((error as Error).message);
  }
}

/**
 * Finds the value of a key of the outermost object.
 * @returns the offset of its first byte
 * @throws InvalidJson if the text is not an object, or the key is missing or occurs twice
 */
export function findValue(bytes: Buffer, key: string): number {
  let found: number | undefined;
  let at = skipSpace(bytes, expect(bytes, skipSpace(bytes, 0), OPEN_BRACE));
  while (bytes[at] !== CLOSE_BRACE) {
    const nameEnd = skipValue(bytes, at);
    const name = parseJson(bytes.toString('utf8', at, nameEnd));
    at = skipSpace(bytes, expect(bytes, skipSpace(bytes, nameEnd), COLON));
    if (name === key) {
      // Readers disagree about which of two equal keys counts (RFC 8259, section 4).
      if (found !== undefined) throw new InvalidJson(`${key} occurs twice`);
      found = at;
    }
    at = skipSpace(bytes, skipValue(bytes, at));
    if (bytes[at] === CLOSE_BRACE) break;
    at = skipSpace(bytes, expect(bytes, at, COMMA));
  }
  if (found === undefined) throw new InvalidJson(`${key} is missing`);
  return found;
}

/** Returns the offset of the next byte that is not white space (RFC 8259, section 2). */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** Returns the offset behind the expected byte. @throws InvalidJson if another byte is there */
export function expect(bytes: Buffer, at: number, byte: number): number {
  if (bytes[at] !== byte) throw new InvalidJson(`'${String.fromCharCode(byte)}' expected at byte ${at}`);
  return at + 1;
}

/** Returns the offset behind the value that begins here. Finds its extent only: it may be malformed inside. */
export function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(bytes, from);
  let at = from;
  while (at < bytes.length && !endsScalar(bytes[at])) at += 1;
  if (at === from) throw new InvalidJson(`value expected at byte ${from}`);
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
  throw new InvalidJson('the file ends within an object or array');
}

function skipString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === QUOTE) return at + 1;
  }
  throw new InvalidJson('the file ends within a string');
}

function endsScalar(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
