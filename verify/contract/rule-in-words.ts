import type { Contract } from './contract.ts';
import { valuesAlong } from './place.ts';

/** What a place of the contract is called, and where the docs page shows it, by how its pointer begins. */
const PLACES: readonly (readonly [begin: RegExp, name: (key: string) => string])[] = [
  [/^#\/components\/responses\/[^/]+\/content\/[^/]+\/examples\/([^/]+)/, (key) => `the example ${key}`],
  [/^#\/components\/responses\/([^/]+)/, () => 'the responses'],
  [/^#\/components\/headers\/([^/]+)/, () => 'the response headers'],
  [/^#\/components\/parameters\/([^/]+)/, (key) => `the path parameter ${key.toLowerCase()}`],
  [/^#\/components\/schemas\/([^/]+)/, (key) => `the schema ${key}`],
  [/^#\/components\/securitySchemes\/([^/]+)/, () => 'Authentication'],
  [/^#\/x-gateway-responses\/([^/]+)/, (key) => `Outside the operation, ${key}`],
  [/^#\/paths\/[^/]+\/[^/]+\/x-rules\/([^/]+)/, () => 'The rules'],
  [/^#\/paths\/[^/]+\/[^/]+\/responses/, () => 'the responses'],
];

/** In characters. */
const MAX_WORDS = 110;

/**
 * A rule of the contract as a sentence, with its place in the docs page.
 * @param rule a JSON pointer into the contract, or a clause of a standard, which is given back
 */
export function ruleInWords({ document }: Pick<Contract, 'document'>, rule: string): string {
  if (!rule.startsWith('#/')) return rule;
  const around = valuesAlong(document, rule).toReversed();
  const words = around.map(wordsOf).find((text) => text !== undefined) ?? 'the contract';
  const place = PLACES.flatMap(([begin, name]) => {
    const key = begin.exec(rule)?.[1];
    return begin.test(rule) ? [name(key ?? '')] : [];
  })[0];
  return place === undefined ? words : `${words} (docs page: ${place})`;
}

/** The first sentences of a description, or a summary, in one line. */
function wordsOf(value: unknown): string | undefined {
  const { description, summary } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const text = [description, summary].find((one) => typeof one === 'string' && one.trim() !== '');
  if (typeof text !== 'string') return undefined;
  const line = text.replace(/\s+/g, ' ').replace(/\.$/, '').trim();
  return line.length <= MAX_WORDS ? line : `${line.slice(0, MAX_WORDS)}…`;
}
