// index.json is changed as bytes: everything in it but the deleted tag stays untouched.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidJson } from '../../../../server/stores/layout/files/json-scan.ts';
import { type ImageIndex, parseIndex, textsOf } from '../../../../server/stores/layout/index/image-index.ts';
import { withAdded, without } from '../../../../server/stores/layout/index/splice-index.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 3 });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '"\\"]}"',
    '"{[\\\\"',
    '"\\u0022\\u005d"',
    '"\\\\\\""',
    '"é€😀"',
    '"manifests"',
    '"[{\\"digest\\":"',
    '""',
  ),
);
const scalar = fc.oneof(
  text,
  fc.constantFrom('12345678901234567890', '1e400', '-0.0', '1E+2', 'true', 'false', 'null'),
);
const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('array'), tie('object')),
  array: fc
    .tuple(space, fc.array(tie('value'), { maxLength: 3 }))
    .map(([gap, inner]) => `[${gap}${inner.join(`${gap},`)}${gap}]`),
  object: members(
    fc.array(fc.tuple(fc.oneof(text, fc.constantFrom('"digest"', '"annotations"', '"manifests"')), tie('value')), {
      maxLength: 3,
    }),
  ),
}));

/** The text of an object, with white space wherever it is allowed. */
function members(of: fc.Arbitrary<[string, string][]>): fc.Arbitrary<string> {
  return fc
    .tuple(of, space, space)
    .map(
      ([pairs, one, other]) =>
        `{${one}${pairs.map(([key, inner]) => `${key}${other}:${one}${inner}${other}`).join(`,${one}`)}}`,
    );
}

const unknownMembers = fc.array(
  fc.tuple(
    fc.string({ unit: 'binary', maxLength: 4 }).map((name) => JSON.stringify(`x${name}`)),
    value,
  ),
  { maxLength: 3 },
);

function shuffled(pairs: fc.Arbitrary<[string, string][]>): fc.Arbitrary<[string, string][]> {
  return pairs.chain((some) => fc.shuffledSubarray(some, { minLength: some.length }));
}

const descriptor = members(
  shuffled(
    fc
      .tuple(
        unknownMembers,
        fc.constantFrom('"sha256:aa"', '"sha256:bb"'),
        fc.option(fc.constantFrom('"v1"', '"v\\u0032"', '"é"', '7')),
      )
      .map(([unknown, digest, refName]) => [
        ...unknown,
        ['"digest"', digest],
        ...(refName === null ? [] : [['"annotations"', `{"a":"]","${REF_NAME}": ${refName}}`] as [string, string]]),
      ]),
  ),
);

const indexText = fc
  .tuple(fc.array(fc.tuple(descriptor, space, space), { maxLength: 6 }), space)
  .chain(([descriptors, gap]) => {
    const list = `[${gap}${descriptors.map(([one, before, after]) => `${before}${one}${after}`).join(',')}]`;
    const frame = shuffled(
      unknownMembers.map((unknown) => [...unknown, ['"schemaVersion"', '2'], ['"manifests"', list]]),
    );
    return fc.tuple(members(frame), space, space).map(([object, before, after]) => `${before}${object}${after}`);
  });

/** Which descriptors go: by position, or at random. */
const choice = fc.oneof(
  fc.constantFrom('none', 'all', 'first', 'last', 'middle', 'all-but-one'),
  fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
);

function isChosen(which: string | boolean[], position: number, count: number): boolean {
  if (Array.isArray(which)) return which[position] ?? false;
  if (which === 'first') return position === 0;
  if (which === 'last') return position === count - 1;
  if (which === 'middle') return position === count >> 1;
  return which === 'all' || (which === 'all-but-one' && position !== count >> 1);
}

interface Parsed {
  readonly manifests: readonly unknown[];
  readonly [field: string]: unknown;
}

function parsed(index: ImageIndex | Buffer): Parsed {
  return JSON.parse((Buffer.isBuffer(index) ? index : index.bytes).toString()) as Parsed;
}

function slices(index: ImageIndex): string[] {
  return [...textsOf(index, index.descriptors).values()].map((bytes) => bytes.toString('latin1'));
}

function frame({ bytes, open, close }: ImageIndex): [string, string] {
  return [bytes.toString('latin1', 0, open), bytes.toString('latin1', close)];
}

describe('taking descriptors out', () => {
  test('leaves valid JSON, the other descriptors and the frame byte for byte, and the right offsets', async () => {
    await fc.assert(
      fc.asyncProperty(indexText, choice, async (source, which) => {
        const index = await parseIndex(Buffer.from(source));
        const count = index.descriptors.length;
        const isGone = (_: unknown, position: number) => isChosen(which, position, count);
        const isKept = (_: unknown, position: number) => !isChosen(which, position, count);
        const rest = without(index, new Set(index.descriptors.filter(isGone)));
        const before = parsed(index);
        expect(parsed(rest)).toEqual({ ...before, manifests: before.manifests.filter(isKept) });
        expect(slices(rest)).toEqual(slices(index).filter(isKept));
        expect(frame(rest)).toEqual(frame(index));
        expect(rest).toEqual(await parseIndex(rest.bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  test('leaves the same bytes if nothing is taken out', async () => {
    await fc.assert(
      fc.asyncProperty(indexText, async (source) => {
        const index = await parseIndex(Buffer.from(source));
        expect(without(index, new Set()).bytes.toString('latin1')).toBe(index.bytes.toString('latin1'));
      }),
    );
  });

  test('finds every descriptor of a tag, even if its name is written with escapes', async () => {
    const source = `{"schemaVersion":2,"manifests":[${['"v1"', '"\\u00761"', '"v2"']
      .map((name) => `{"digest":"sha256:aa","annotations":{"${REF_NAME}":${name}}}`)
      .join()}]}`;
    const { descriptors } = await parseIndex(Buffer.from(source));
    expect(descriptors.map(({ refName }) => refName)).toEqual(['v1', 'v1', 'v2']);
  });
});

describe('adding descriptors', () => {
  test('puts them behind the others and leaves every other byte', async () => {
    await fc.assert(
      fc.asyncProperty(indexText, fc.array(descriptor, { minLength: 1, maxLength: 3 }), async (source, added) => {
        const index = await parseIndex(Buffer.from(source));
        const more = await parseIndex(
          withAdded(
            index,
            added.map((one) => Buffer.from(one)),
          ),
        );
        const before = parsed(index);
        expect(parsed(more)).toEqual({
          ...before,
          manifests: [...before.manifests, ...added.map((one) => JSON.parse(one))],
        });
        expect(slices(more)).toEqual([...slices(index), ...added.map((one) => Buffer.from(one).toString('latin1'))]);
        expect(frame(more)[0]).toBe(frame(index)[0]);
        expect(frame(more)[1]).toBe(frame(index)[1]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('an index without descriptors that a Go program wrote, "manifests":null,', () => {
  const source = Buffer.from('{"schemaVersion":2, "manifests" : null ,"x":[1]}');

  test('is read as empty', async () => {
    const index = await parseIndex(source);
    expect(index.descriptors).toEqual([]);
    expect(without(index, new Set())).toBe(index);
  });

  test('becomes an array when something is added', async () => {
    const added = Buffer.from('{"digest":"sha256:aa"}');
    const more = await parseIndex(withAdded(await parseIndex(source), [added, added]));
    expect(more.bytes.toString()).toBe(
      '{"schemaVersion":2, "manifests" : [{"digest":"sha256:aa"},{"digest":"sha256:aa"}] ,"x":[1]}',
    );
  });
});

describe('a file that is torn or not an index', () => {
  test('is refused wherever the writer has stopped', async () => {
    await fc.assert(
      fc.asyncProperty(indexText, async (source) => {
        const bytes = Buffer.from(source.trimEnd());
        for (let length = 0; length < bytes.length; length += 1)
          await expect(parseIndex(bytes.subarray(0, length)), `${length} bytes`).rejects.toBeInstanceOf(InvalidJson);
      }),
      { numRuns: 25 },
    );
  });

  const entry = '{"digest":"sha256:aa"}';
  test.each([
    ['two manifests', `{"schemaVersion":2,"manifests":[],"manifests":[]}`],
    ['two manifests, one of them escaped', `{"schemaVersion":2,"manifests":[],"\\u006danifests":[]}`],
    ['an array', `[]`],
    ['a string', `"manifests"`],
    ['nothing', ``],
    ['a byte order mark', `\uFEFF{"schemaVersion":2,"manifests":[]}`],
    ['no manifests', `{"schemaVersion":2}`],
    ['manifests deeper down only', `{"schemaVersion":2,"x":{"manifests":[]}}`],
    ['manifests as an object', `{"schemaVersion":2,"manifests":{}}`],
    ['manifests as a string', `{"schemaVersion":2,"manifests":"[]"}`],
    ['manifests as nullx', `{"schemaVersion":2,"manifests":nullx}`],
    ['another schemaVersion', `{"schemaVersion":1,"manifests":[]}`],
    ['no schemaVersion', `{"manifests":[]}`],
    ['a descriptor without a digest', `{"schemaVersion":2,"manifests":[{}]}`],
    ['a digest that is not a string', `{"schemaVersion":2,"manifests":[{"digest":1}]}`],
    ['a descriptor that is null', `{"schemaVersion":2,"manifests":[null]}`],
    ['a comma too many', `{"schemaVersion":2,"manifests":[${entry},]}`],
    ['a comma before the first', `{"schemaVersion":2,"manifests":[,${entry}]}`],
    ['a comma too few', `{"schemaVersion":2,"manifests":[${entry}${entry}]}`],
    ['a comma behind the last member', `{"schemaVersion":2,"manifests":[],}`],
    ['brackets that do not match', `{"schemaVersion":2,"manifests":[{"digest":"sha256:aa"]}}`],
    ['something behind the object', `{"schemaVersion":2,"manifests":[]}{}`],
    ['a broken field beside', `{"schemaVersion":2,"x":tru,"manifests":[]}`],
    ['a broken descriptor', `{"schemaVersion":2,"manifests":[{"digest":"sha256:aa","x":01}]}`],
    ['single quotes', `{'schemaVersion':2,'manifests':[]}`],
  ])('is refused: %s', async (_, source) => {
    await expect(parseIndex(Buffer.from(source))).rejects.toBeInstanceOf(InvalidJson);
  });
});

test('a large index is read in batches, and every tag keeps its own digest and text', async () => {
  const entry = (at: number) =>
    `{"digest":"sha256:${String(at).padStart(64, '0')}","annotations":{"org.opencontainers.image.ref.name":"v${at}"}}`;
  const entries = Array.from({ length: 10_000 }, (_, at) => entry(at));
  const source = `{"schemaVersion":2,"manifests":[${entries.join()}]}`;
  const index = await parseIndex(Buffer.from(source));
  expect(index.descriptors.map(({ refName }) => refName)).toEqual(entries.map((_, at) => `v${at}`));
  const texts = textsOf(index, index.descriptors);
  expect(index.descriptors.map((one) => texts.get(one)?.toString())).toEqual(entries);
  const isRemoved = (at: number) => at % 700 === 3 || at >= 9_998;
  const removed = new Set(index.descriptors.filter((_, at) => isRemoved(at)));
  const rest = without(index, removed);
  const kept = entries.filter((_, at) => !isRemoved(at));
  expect(JSON.parse(rest.bytes.toString()).manifests).toEqual(kept.map((text) => JSON.parse(text)));
  const textsOfRest = textsOf(rest, rest.descriptors);
  expect(rest.descriptors.map((one) => textsOfRest.get(one)?.toString())).toEqual(kept);
});

test('other requests are answered while a large index is parsed', async () => {
  const entry = `{"digest":"sha256:${'a'.repeat(64)}","x":"${'y'.repeat(200)}"}`;
  const bytes = Buffer.from(`{"schemaVersion":2,"manifests":[${Array(10_000).fill(entry).join()}]}`);
  let isReading = true;
  let turns = 0;
  const takeTurn = () => {
    turns += 1;
    if (isReading) setImmediate(takeTurn);
  };
  setImmediate(takeTurn);
  const index = await parseIndex(bytes);
  isReading = false;
  expect(index.descriptors).toHaveLength(10_000);
  expect(turns).toBeGreaterThanOrEqual(5);
});
