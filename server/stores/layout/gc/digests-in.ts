// Finds digests in content of any format. Formats differ in the key (`digest`, `blobSum`, `docker-manifest-digest`), the
// depth (JSON within strings of JSON) and the algorithm; but each digest that the image-spec registers is a run of hex
// digits. Whatever looks like one counts: too much is kept rather than too little.
import type { FileHandle } from 'node:fs/promises';
import { ALGORITHMS } from './blobs.ts';

const LONGEST = Math.max(...Object.values(ALGORITHMS));

/** Bytes that one piece of a file has in common with the next: the longest digest with every character escaped. */
const OVERLAP = 6 * LONGEST + 6;
const PIECE_BYTES = 1024 * 1024;
/** Bytes that show whether a file is an archive: a tar header. */
const HEAD_BYTES = 512;

/** Digits at the start of a digest that are compared first: as many as a number of 32 bits has. */
const PREFIX_DIGITS = 8;
/** Bits of that number that are looked up before all others, in a table that fits in the processor's cache. */
const TABLE_BITS = 16;
const TABLE_MASK = 2 ** TABLE_BITS - 1;

/** The encoded parts of the digests of all blobs. Other digests lead nowhere, and a text may have any number of them. */
export class KnownDigests {
  readonly all: ReadonlySet<string>;
  readonly #byPrefix = new Map<number, string[]>();
  readonly #table = new Uint8Array(2 ** TABLE_BITS);

  /** @param digests in lower case */
  constructor(digests: Iterable<string>) {
    this.all = new Set(digests);
    for (const hex of this.all) {
      const prefix = Number.parseInt(hex.slice(0, PREFIX_DIGITS), 16);
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), hex]);
      this.#table[prefix & TABLE_MASK] = 1;
    }
  }

  /**
   * Yields those that are in a text in lower case. Each place may be the start of one, and a blob may be gigabytes of hex
   * digits: a number that moves along with the place rules out nearly all of them.
   */
  *within(text: string): Generator<string> {
    let prefix = 0;
    for (let end = 1; end <= text.length; end += 1) {
      prefix = ((prefix << 4) | digitOf(text.charCodeAt(end - 1))) >>> 0;
      if (this.#table[prefix & TABLE_MASK] === 0) continue;
      for (const hex of this.#byPrefix.get(prefix) ?? []) if (isAt(text, end - PREFIX_DIGITS, hex)) yield hex;
    }
  }
}

/** Not String.startsWith, which takes five times as long: in a hostile text it may be asked at every place. */
function isAt(text: string, start: number, hex: string): boolean {
  let at = hex.length - 1;
  while (at >= 0 && text.charCodeAt(start + at) === hex.charCodeAt(at)) at -= 1;
  return at < 0;
}

/** The value of a hex digit in lower case (the letters are 0x61 to 0x66), and any value of another character. */
function digitOf(character: number): number {
  return ((character & 0xf) + (character >>> 6) * 9) & 0xf;
}

/** Yields the encoded parts of the known digests in a text, even within a longer run of hex digits. */
export function digestsIn(text: string, known: KnownDigests): Generator<string> {
  return known.within(unescaped(text).toLowerCase());
}

/** JSON may have any character as \u00XX (RFC 8259, section 7). */
function unescaped(text: string): string {
  if (!text.includes('\\u00')) return text;
  return text.replace(/\\u00([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Yields the same of a file; nothing of an archive or of compressed data. */
export async function* digestsInFile(file: FileHandle, known: KnownDigests): AsyncGenerator<string> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let before = '';
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
    if (bytesRead === 0 || (at === 0 && isArchive(piece.subarray(0, Math.min(bytesRead, HEAD_BYTES))))) return;
    at += bytesRead;
    const text = before + piece.toString('latin1', 0, bytesRead);
    yield* digestsIn(text, known);
    before = text.slice(-OVERLAP);
  }
}

const GZIP = '1f8b';
const ZSTD = '28b52ffd';
const XZ = 'fd377a585a00';
const BZIP2 = '425a68';
const TAR = 'ustar';
const TAR_MAGIC_AT = 257;

/** Layers hold files, not references. JSON is never an archive, whatever its bytes at these places. */
function isArchive(head: Buffer): boolean {
  if (/^\s*[{[]/.test(head.toString('latin1'))) return false;
  const start = head.toString('hex', 0, 6);
  return (
    [GZIP, ZSTD, XZ, BZIP2].some((magic) => start.startsWith(magic)) ||
    head.toString('latin1', TAR_MAGIC_AT).startsWith(TAR)
  );
}
