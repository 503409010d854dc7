// Finds digests in content of any format. Formats differ in the key (`digest`, `blobSum`, `docker-manifest-digest`), the
// depth (JSON within strings of JSON) and the algorithm; but each digest that the image-spec registers is a run of hex
// digits. Whatever looks like one counts: too much is kept rather than too little.
import type { FileHandle } from 'node:fs/promises';
import { ALGORITHMS } from './blobs.ts';

const LENGTHS = [...new Set<number>(Object.values(ALGORITHMS))];
const RUNS = new RegExp(`[0-9a-f]{${Math.min(...LENGTHS)},}`, 'g');

/** Bytes that one piece of a file has in common with the next: the longest digest with every character escaped. */
const OVERLAP = 6 * Math.max(...LENGTHS) + 6;
const PIECE_BYTES = 1024 * 1024;
/** Bytes that show whether a file is an archive: a tar header. */
const HEAD_BYTES = 512;

/** The encoded parts of the digests of all blobs. Other digests lead nowhere, and a text may have any number of them. */
export type KnownDigests = ReadonlySet<string>;

/** Yields the encoded parts of the known digests in a text, even within a longer run of hex digits. */
export function* digestsIn(text: string, known: KnownDigests): Generator<string> {
  for (const [run] of unescaped(text).toLowerCase().matchAll(RUNS)) {
    for (const length of LENGTHS) {
      for (let start = 0; start + length <= run.length; start += 1) {
        const hex = run.slice(start, start + length);
        // A copy: a part of a string would keep all of it in memory.
        if (known.has(hex)) yield Buffer.from(hex, 'latin1').toString('latin1');
      }
    }
  }
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
