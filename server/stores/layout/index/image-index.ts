// index.json as bytes, with the position of each descriptor. A descriptor can be cut out while every other byte stays:
// unknown fields, the order of keys, numbers that JavaScript would round. No JSON library was found that keeps byte
// ranges of a 21 MB file without blocking the event loop, so json-scan.ts does it.
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
} from '../files/json-scan.ts';

/** The annotation that holds a tag (OCI image-spec, annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';

const NULL = 'null';

/** Bytes scanned before other work gets a turn: 256 KiB take about 3 ms. */
const BYTES_A_TURN = 256 * 1024;

/** A descriptor of the index and its position. */
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
  /** Offset behind the `[` of `manifests`. For an empty list Go programs (umoci) write `null`: then the offset of that. */
  readonly open: number;
  /** Offset of the `]` of `manifests`, or behind the `null`. */
  readonly close: number;
}

/**
 * Parses an image index and checks that the whole file is valid JSON. Works in pieces: other work gets a turn between.
 * @throws InvalidJson if the file is half written or broken
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
  // Without its descriptors the file is small, so the rest is checked in one go.
  checkFrame(`${bytes.toString('utf8', 0, open)}${bytes.toString('utf8', at)}`);
  return { bytes, descriptors, open, close: at };
}

function checkFrame(text: string): void {
  const { schemaVersion } = parseJson(text) as { readonly schemaVersion?: unknown };
  if (schemaVersion !== 2) throw new InvalidJson('schemaVersion is not 2');
}

/** Reads the fields that a delete needs. */
function describe(value: unknown): Pick<Descriptor, 'refName' | 'digest'> {
  const { digest, annotations } = (value ?? {}) as {
    readonly digest?: unknown;
    readonly annotations?: Record<string, unknown>;
  };
  if (typeof digest !== 'string') throw new InvalidJson('a descriptor has no digest');
  const refName = annotations?.[REF_NAME];
  return { refName: typeof refName === 'string' ? refName : undefined, digest };
}
