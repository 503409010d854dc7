// Cuts descriptors out of an index and adds new ones. Every other byte stays as it is. What stays is copied in whole runs:
// descriptor by descriptor, a delete of one among 100,000 took longer here than on the disk.

import { CLOSE_BRACKET } from '../files/json-scan.ts';
import type { Descriptor, ImageIndex } from './image-index.ts';

/** Neighbouring descriptors, by position: the first, and the one behind the last. */
type Run = readonly [from: number, to: number];

/** Returns the index without some of its descriptors. Only their separators go with them. */
export function without(index: ImageIndex, removed: ReadonlySet<Descriptor>): ImageIndex {
  const runs = runsOf(index, removed);
  if (runs.length === 0) return index;
  const { bytes, descriptors, bounds } = index;
  const texts: Buffer[] = [];
  const kept: Descriptor[] = [];
  const moved = new Uint32Array(runs.reduce((left, [from, to]) => left - 2 * (to - from), bounds.length));
  let cut = 0; // bytes before the current offset that have gone
  let textFrom = 0;
  let from = 0;
  const keep = (to: number, textTo: number) => {
    texts.push(bytes.subarray(textFrom, textTo));
    for (let at = from; at < to; at += 1) {
      moved[2 * kept.length] = (bounds[2 * at] as number) - cut;
      moved[2 * kept.length + 1] = (bounds[2 * at + 1] as number) - cut;
      kept.push(descriptors[at] as Descriptor);
    }
  };
  for (const run of runs) {
    const [textTo, nextText] = textOf(index, run);
    keep(run[0], textTo);
    cut += nextText - textTo;
    textFrom = nextText;
    from = run[1];
  }
  keep(descriptors.length, bytes.length);
  return {
    bytes: Buffer.concat(texts, bytes.length - cut),
    descriptors: kept,
    bounds: moved,
    open: index.open,
    close: index.close - cut,
  };
}

/** Returns the runs of the descriptors that go. */
function runsOf({ descriptors }: ImageIndex, removed: ReadonlySet<Descriptor>): Run[] {
  const runs: [from: number, to: number][] = [];
  if (removed.size === 0) return runs;
  for (let position = 0; position < descriptors.length; position += 1) {
    if (!removed.has(descriptors[position] as Descriptor)) continue;
    const last = runs.at(-1);
    if (last?.[1] === position) last[1] = position + 1;
    else runs.push([position, position + 1]);
  }
  return runs;
}

/**
 * Returns the bytes that go with a run: it and the separator behind it, up to the next descriptor. The last run goes with
 * the separator before it; all descriptors go with the white space around them.
 */
function textOf({ descriptors, bounds, open, close }: ImageIndex, [from, to]: Run): Run {
  const start = bounds[2 * from] as number;
  if (to < descriptors.length) return [start, bounds[2 * to] as number];
  return from === 0 ? [open, close] : [bounds[2 * from - 1] as number, bounds[2 * to - 1] as number];
}

/** Returns the bytes of the index with more descriptors behind the last one. */
export function withAdded({ bytes, descriptors, bounds, open, close }: ImageIndex, added: readonly Buffer[]): Buffer {
  const end = bounds.at(-1) ?? open;
  const comma = Buffer.from(',');
  const pieces = added.flatMap((piece, position) => (descriptors.length + position === 0 ? [piece] : [comma, piece]));
  if (bytes[close] !== CLOSE_BRACKET) {
    pieces.unshift(Buffer.from('['));
    pieces.push(Buffer.from(']'));
  }
  return Buffer.concat([bytes.subarray(0, end), ...pieces, bytes.subarray(descriptors.length === 0 ? close : end)]);
}
