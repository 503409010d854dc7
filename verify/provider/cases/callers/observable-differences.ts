// Finds the differences by which a caller can tell answers apart. Parts that change by themselves, such as a time, and
// parts that repeat the request do not count.
import { valuesOf } from '../../../wire/messages.ts';
import type { Reply } from '../../send/evidence.ts';

/** By its place in the answer. */
export type Looks = ReadonlyMap<string, string>;

/**
 * @param repeated what an answer may repeat of the requests, which is left out
 * @param idHeader the header that names the request, whose value is left out
 */
export function looksOf({ answer }: Reply, repeated: readonly string[], idHeader: string | undefined): Looks {
  if (answer === undefined) return new Map([['answer', 'none']]);
  const ids = idHeader === undefined ? [] : valuesOf(answer, idHeader);
  const left = [...ids, ...repeated].filter((one) => one !== '').toSorted((a, b) => b.length - a.length);
  const strip = (text: string) => left.reduce((stripped, one) => stripped.replaceAll(one, ''), text);
  const names = answer.headers.map(([name]) => [`header ${name.toLowerCase()}`, 'present'] as const);
  const leaves = leavesOf(jsonOf(answer.body), 'body').map(
    ([pointer, value]) => [strip(pointer), strip(value)] as const,
  );
  return new Map([...names, ...leaves]);
}

/** The first place at which the middle one differs while the other two are alike; undefined if there is none. */
export function tellingDifference(
  before: Looks,
  between: Looks,
  after: Looks,
): [place: string, usual: string | undefined, other: string | undefined] | undefined {
  const places = [...new Set([...before.keys(), ...between.keys()])];
  const place = places.find((one) => before.get(one) === after.get(one) && before.get(one) !== between.get(one));
  return place === undefined ? undefined : [place, before.get(place), between.get(place)];
}

function jsonOf(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function leavesOf(value: unknown, pointer: string): (readonly [pointer: string, value: string])[] {
  if (typeof value !== 'object' || value === null) return [[pointer, String(value)]];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, `${pointer}/${key}`));
}
