// An index.json as bytes with the places of its descriptors, so that a descriptor can be taken out and every other
// byte stays as it is: unknown fields, the order of keys, numbers that JavaScript would round. A JSON library that
// keeps byte ranges of a 21 MB file without blocking the event loop was not found, hence a scanner of our own.
import { setImmediate } from 'node:timers/promises';
import {
  CLOSE_BRACKET,
  COMMA,
  expect,
  findValue,
  InvalidJson,
  OPEN_BRACKET,
  parseJson,
  skipSpace,
  skipValue,
} from './json-scan.ts';

/** The annotation that names a tag (OCI image-spec, annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';

const NULL = 'null';

/** After how many bytes of scanning other work gets a turn: 256 KiB take about 3 ms. */
const BYTES_A_TURN = 256 * 1024;

/** A descriptor of the index and where it stands. */
export interface Descriptor {
  readonly refName: string | undefined;
  readonly digest: string;
  /** Offset of its `{` in bytes. */
  readonly start: number;
  /** Offset behind its `}` in bytes. */
  readonly end: number;
}

/** A valid image index of a layout. */
export interface ImageIndex {
  readonly bytes: Buffer;
  readonly descriptors: readonly Descriptor[];
  /** Offset behind the `[` of `manifests`; of the `null` that Go programs write for no descriptors (umoci does). */
  readonly open: number;
  /** Offset of the `]` of `manifests`; behind the `null`. */
  readonly close: number;
}

/**
 * Reads an image index. The whole file is checked to be valid JSON, piece by piece, with turns for other work between.
 * @throws InvalidJson: torn by a writer that is at it, or broken for good
 */
export async function parseIndex(bytes: Buffer): Promise<ImageIndex> {
  const start = findValue(bytes, 'manifests');
  if (bytes.toString('latin1', start, start + NULL.length) === NULL) {
    checkFrame(bytes.toString('utf8'));
    return { bytes, descriptors: [], open: start, close: start + NULL.length };
  }
  const open = expect(bytes, start, OPEN_BRACKET);
  const descriptors: Descriptor[] = [];
  let turnEnds = BYTES_A_TURN;
  let at = skipSpace(bytes, open);
  while (bytes[at] !== CLOSE_BRACKET) {
    if (descriptors.length > 0) at = skipSpace(bytes, expect(bytes, at, COMMA));
    const end = skipValue(bytes, at);
    const { refName, digest } = describe(parseJson(bytes.toString('utf8', at, end)));
    descriptors.push({ refName, digest, start: at, end });
    at = skipSpace(bytes, end);
    if (at > turnEnds) {
      turnEnds = at + BYTES_A_TURN;
      await setImmediate();
    }
  }
  // What is left without the descriptors is small: it is checked as one.
  checkFrame(`${bytes.toString('utf8', 0, open)}${bytes.toString('utf8', at)}`);
  return { bytes, descriptors, open, close: at };
}

function checkFrame(text: string): void {
  const { schemaVersion } = parseJson(text) as { readonly schemaVersion?: unknown };
  if (schemaVersion !== 2) throw new InvalidJson('schemaVersion is not 2');
}

/** What the delete needs of a descriptor. */
function describe(value: unknown): Pick<Descriptor, 'refName' | 'digest'> {
  const { digest, annotations } = (value ?? {}) as {
    readonly digest?: unknown;
    readonly annotations?: Record<string, unknown>;
  };
  if (typeof digest !== 'string') throw new InvalidJson('a descriptor has no digest');
  const refName = annotations?.[REF_NAME];
  return { refName: typeof refName === 'string' ? refName : undefined, digest };
}

/** The index without some of its descriptors. Every other byte stays, but for the separators of those taken out. */
export function without(index: ImageIndex, removed: ReadonlySet<Descriptor>): ImageIndex {
  if (removed.size === 0) return index;
  const { bytes, descriptors, open, close } = index;
  const kept: Descriptor[] = [];
  const output = new Splice(bytes);
  let separator = 0; // where the separator behind the last kept descriptor begins
  let separatorEnd = 0;
  for (const [position, descriptor] of descriptors.entries()) {
    if (removed.has(descriptor)) continue;
    if (kept.length === 0) output.take(0, descriptors[0]?.start ?? open);
    else output.take(separator, separatorEnd);
    const shift = descriptor.start - output.length;
    kept.push(shift === 0 ? descriptor : moved(descriptor, shift));
    output.take(descriptor.start, descriptor.end);
    separator = descriptor.end;
    separatorEnd = descriptors[position + 1]?.start ?? close;
  }
  if (kept.length === 0) output.take(0, open);
  output.take(kept.length === 0 ? close : (descriptors.at(-1)?.end ?? close), bytes.length);
  return { bytes: output.concat(), descriptors: kept, open, close: output.length - (bytes.length - close) };
}

/** Field by field: a spread takes five times as long, which 100,000 descriptors make a tenth of a second. */
function moved({ refName, digest, start, end }: Descriptor, shift: number): Descriptor {
  return { refName, digest, start: start - shift, end: end - shift };
}

/** The bytes of the index with more descriptors behind the last one. */
export function withAdded({ bytes, descriptors, open, close }: ImageIndex, added: readonly Buffer[]): Buffer {
  const end = descriptors.at(-1)?.end ?? open;
  const comma = Buffer.from(',');
  const pieces = added.flatMap((piece, position) => (descriptors.length + position === 0 ? [piece] : [comma, piece]));
  if (bytes[close] !== CLOSE_BRACKET) {
    pieces.unshift(Buffer.from('['));
    pieces.push(Buffer.from(']'));
  }
  return Buffer.concat([bytes.subarray(0, end), ...pieces, bytes.subarray(descriptors.length === 0 ? close : end)]);
}

/** Ranges of a buffer, put together anew; neighbouring ranges are copied as one. */
class Splice {
  readonly #bytes: Buffer;
  readonly #ranges: [from: number, to: number][] = [];
  length = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(from: number, to: number): void {
    const last = this.#ranges.at(-1);
    if (last?.[1] === from) last[1] = to;
    else this.#ranges.push([from, to]);
    this.length += to - from;
  }

  concat(): Buffer {
    return Buffer.concat(
      this.#ranges.map(([from, to]) => this.#bytes.subarray(from, to)),
      this.length,
    );
  }
}
