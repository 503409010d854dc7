// index.json as bytes, with the position of each descriptor. A descriptor can be cut out while every other byte stays:
// unknown fields, the order of keys, numbers that JavaScript would round. No JSON library was found that keeps byte
// ranges of a 21 MB file without blocking the event loop, so json-scan.ts does it.
import { setImmediate } from 'node:timers/promises';
import {
  CLOSE_BRACKET,
  COMMA,
  expect,
  FieldNames,
  InvalidJson,
  OPEN_BRACE,
  OPEN_BRACKET,
  parseJson,
  skipSpace,
  visitMembers,
} from '../files/json-scan.ts';

/** The annotation that holds a tag (OCI image-spec, annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';

const NULL = 'null';

/** Fields that the delete and its siblings depend on. */
const indexFields = new FieldNames('schemaVersion', 'manifests');
const descriptorFields = new FieldNames('digest', 'annotations');
const refNameLength = new Set([REF_NAME.length]);

/** Bytes scanned before other work gets a turn: 256 KiB take about 3 ms. */
const BYTES_A_TURN = 256 * 1024;

/** A descriptor of the index. */
export interface Descriptor {
  readonly refName: string | undefined;
  readonly digest: string;
}

/** A valid image index of a layout. */
export interface ImageIndex {
  readonly bytes: Buffer;
  readonly descriptors: readonly Descriptor[];
  /**
   * Two numbers for each descriptor: the offset of its `{` in bytes and the offset behind its `}`. Not in the descriptors: a
   * delete moves all that follow, and so many new objects cost the garbage collector more than the disk costs.
   */
  readonly bounds: Uint32Array;
  /** Offset behind the `[` of `manifests`. For an empty list Go programs (umoci) write `null`: then the offset of that. */
  readonly open: number;
  /** Offset of the `]` of `manifests`, or behind the `null`. */
  readonly close: number;
}

/**
 * Parses an image index and checks that the whole file is valid JSON. Works in pieces: other work gets a turn between.
 * @throws InvalidJson if the file is half written, broken, or ambiguous: two programs could read different tags in it
 */
export async function parseIndex(bytes: Buffer): Promise<ImageIndex> {
  const start = findManifests(bytes);
  if (bytes.toString('latin1', start, start + NULL.length) === NULL) {
    checkFrame(bytes.toString('utf8'));
    return { bytes, descriptors: [], bounds: new Uint32Array(), open: start, close: start + NULL.length };
  }
  const open = expect(bytes, start, OPEN_BRACKET);
  const descriptors: Descriptor[] = [];
  const bounds: number[] = [];
  let turnEnds = BYTES_A_TURN;
  let at = skipSpace(bytes, open);
  while (bytes[at] !== CLOSE_BRACKET) {
    if (bounds.length > 0) at = skipSpace(bytes, expect(bytes, at, COMMA));
    const end = checkNames(bytes, at);
    bounds.push(at, end);
    at = skipSpace(bytes, end);
    if (at > turnEnds) {
      turnEnds = at + BYTES_A_TURN;
      readDescriptors(bytes, bounds, descriptors);
      await setImmediate();
    }
  }
  readDescriptors(bytes, bounds, descriptors);
  // Without its descriptors the file is small, so the rest is checked in one go.
  checkFrame(`${bytes.toString('utf8', 0, open)}${bytes.toString('utf8', at)}`);
  return { bytes, descriptors, bounds: Uint32Array.from(bounds), open, close: at };
}

/** Returns some descriptors of an index with their JSON text, in the order of the index. */
export function textsOf(index: ImageIndex, some: readonly Descriptor[]): Map<Descriptor, Buffer> {
  const { bytes, descriptors, bounds } = index;
  const texts = new Map<Descriptor, Buffer>();
  const wanted = new Set(some);
  for (const [position, descriptor] of descriptors.entries()) {
    if (wanted.has(descriptor)) texts.set(descriptor, bytes.subarray(bounds[2 * position], bounds[2 * position + 1]));
  }
  return texts;
}

function checkFrame(text: string): void {
  const { schemaVersion } = parseJson(text) as { readonly schemaVersion?: unknown };
  if (schemaVersion !== 2) throw new InvalidJson('schemaVersion is not 2');
}

function findManifests(bytes: Buffer): number {
  let manifests: number | undefined;
  indexFields.reset();
  visitMembers(bytes, skipSpace(bytes, 0), indexFields.lengths, (name, start) => {
    if (indexFields.accept(name) && name === 'manifests') manifests = start;
  });
  if (manifests === undefined) throw new InvalidJson('manifests is missing');
  return manifests;
}

/**
 * Refuses a descriptor whose fields or tag programs could read differently.
 * @returns the offset behind it @throws InvalidJson
 */
function checkNames(bytes: Buffer, start: number): number {
  descriptorFields.reset();
  return visitMembers(bytes, start, descriptorFields.lengths, (name, valueStart) => {
    if (descriptorFields.accept(name) && name === 'annotations' && bytes[valueStart] === OPEN_BRACE)
      refuseSecondTag(bytes, valueStart);
  });
}

/** Annotations are a map, in Go too: their case counts. */
function refuseSecondTag(bytes: Buffer, annotationsStart: number): void {
  let count = 0;
  visitMembers(bytes, annotationsStart, refNameLength, (name) => {
    if (name === REF_NAME) count += 1;
  });
  if (count > 1) throw new InvalidJson(`a descriptor has ${REF_NAME} twice`);
}

/**
 * Reads the descriptors that were not read yet, all at once: one by one, 100,000 take a fifth of a second longer.
 * @param bounds of all so far @param descriptors those that were read; the others are added
 */
function readDescriptors(bytes: Buffer, bounds: readonly number[], descriptors: Descriptor[]): void {
  if (bounds.length === 2 * descriptors.length) return;
  const text = bytes.toString('utf8', bounds[2 * descriptors.length], bounds.at(-1));
  for (const { digest, annotations } of parseJson(`[${text}]`) as Readonly<Record<string, unknown>>[]) {
    if (typeof digest !== 'string') throw new InvalidJson('a descriptor has no digest');
    const refName = (annotations as Record<string, unknown> | null | undefined)?.[REF_NAME];
    descriptors.push({ refName: typeof refName === 'string' ? refName : undefined, digest });
  }
}
