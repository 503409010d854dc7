// Steps through JSON text byte by byte. In UTF-8 no byte of a multi-byte character looks like an ASCII one (RFC 3629,
// section 3), so quotes and brackets are found without decoding.

export const COMMA = 0x2c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
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

/** Called for a member of an object with its name and the offset of its value. */
type MemberVisitor = (name: string, valueStart: number) => void;

/**
 * Visits the members of an object whose name has one of some lengths. Others are not decoded: a large index has half a
 * million of them.
 * @param from the offset of its `{` @param lengths of names, in UTF-16 units
 * @returns the offset behind its `}`
 * @throws InvalidJson if it is not an object
 */
export function visitMembers(bytes: Buffer, from: number, lengths: ReadonlySet<number>, visit: MemberVisitor): number {
  let at = skipSpace(bytes, expect(bytes, from, OPEN_BRACE));
  while (bytes[at] !== CLOSE_BRACE) {
    const nameEnd = skipValue(bytes, at);
    const nameStart = at;
    at = skipSpace(bytes, expect(bytes, skipSpace(bytes, nameEnd), COLON));
    const valueEnd = skipValue(bytes, at);
    if (!isPlainName(bytes, nameStart, nameEnd)) {
      const name = String(parseJson(bytes.toString('utf8', nameStart, nameEnd)));
      if (lengths.has(name.length)) visit(name, at);
    } else if (lengths.has(nameEnd - nameStart - 2)) {
      visit(bytes.toString('latin1', nameStart + 1, nameEnd - 1), at);
    }
    at = skipSpace(bytes, valueEnd);
    if (bytes[at] === CLOSE_BRACE) break;
    at = skipSpace(bytes, expect(bytes, at, COMMA));
    if (bytes[at] === CLOSE_BRACE) throw new InvalidJson(`a member expected at byte ${at}`);
  }
  return at + 1;
}

/**
 * Refuses a name that readers understand in different ways: one that occurs twice, of which some take the first and some
 * the last (RFC 8259, section 4), and one that Go's encoding/json takes for a field although its case differs.
 */
export class FieldNames {
  readonly #fields: ReadonlySet<string>;
  /** Of the names that can be meant. Folding keeps a name's length. */
  readonly lengths: ReadonlySet<number>;
  readonly #found = new Set<string>();

  constructor(...fields: string[]) {
    this.#fields = new Set(fields);
    this.lengths = new Set(fields.map(({ length }) => length));
  }

  /** To be called for each object before its members. */
  reset(): void {
    this.#found.clear();
  }

  /** @returns whether the name is one of the fields @throws InvalidJson if it is ambiguous */
  accept(name: string): boolean {
    if (this.#fields.has(name)) {
      if (this.#found.has(name)) throw new InvalidJson(`${name} occurs twice`);
      this.#found.add(name);
      return true;
    }
    const field = folded(name);
    if (this.#fields.has(field)) throw new InvalidJson(`${JSON.stringify(name)} is ${field} to some readers`);
    return false;
  }
}

/** Without case, as Go compares: U+017F is an s and U+212A a k, and both have one UTF-16 unit. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** Whether a name is a string of ASCII without escapes, so that its bytes are its characters. */
function isPlainName(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== QUOTE) return false;
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH || byte >= 0x80) return false;
  }
  return true;
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
function skipValue(bytes: Buffer, from: number): number {
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
