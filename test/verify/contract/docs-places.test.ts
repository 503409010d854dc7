// Findings name the heading of the docs page that shows their rule.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readContract } from '../../../verify/contract/read-contract.ts';
import { ruleInWords } from '../../../verify/contract/rule-in-words.ts';

const contract = await readContract();
const page = await readFile(new URL('../../../dist/docs/index.html', import.meta.url), 'utf8');
const headings = [...page.matchAll(/<h[2-4] id="[^"]+">(.*?)<\/h[2-4]>/gs)].map(([, heading = '']) =>
  heading.replace(/<[^>]*>/g, '').trim(),
);

/** Every place of a document, as a JSON pointer. */
function pointersIn(value: unknown, pointer = '#'): string[] {
  if (typeof value !== 'object' || value === null) return [pointer];
  const inside = Object.entries(value).flatMap(([key, one]) =>
    pointersIn(one, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
  return [pointer, ...inside];
}

test('A reader of a finding finds the heading that it names on the docs page', () => {
  const places = pointersIn(contract.document).flatMap((pointer) => {
    const place = /\(docs page: (.*)\)$/.exec(ruleInWords(contract, pointer))?.[1];
    return place === undefined ? [] : [place];
  });
  const found = (place: string) => headings.some((one) => one === place || one.endsWith(` ${place}`));
  expect(headings).toContain('Responses');
  expect(new Set(places).size).toBeGreaterThan(20);
  expect([...new Set(places)].filter((place) => !found(place))).toEqual([]);
});
