import type { Contract } from './contract.ts';
import { valuesAlong } from './place.ts';

/** The heading of the docs page that shows a place of the contract, by the beginning of the place's pointer. */
const PLACES: readonly (readonly [begin: RegExp, name: (key: string) => string])[] = [
  [/^#\/components\/responses\/[^/]+\/content\/[^/]+\/examples\/([^/]+)/, (key) => key],
  [/^#\/components\/responses\/([^/]+)/, () => 'Responses'],
  [/^#\/components\/headers\/([^/]+)/, () => 'Responses'],
  [/^#\/components\/parameters\/([^/]+)/, () => 'Parameters'],
  [/^#\/components\/schemas\/([^/]+)/, () => 'Error body'],
  [/^#\/components\/securitySchemes\/([^/]+)/, () => 'Authentication'],
  [/^#\/x-gateway-responses\/([^/]+)/, (key) => key],
  [/^#\/paths\/[^/]+\/[^/]+\/responses/, () => 'Responses'],
];

/** Max characters of a rule in words; longer text is cut. */
const MAX_WORDS = 110;

/**
 * A rule of the contract as a sentence, with the heading of the docs page that shows it. `x-rules` are not on the page.
 * @param rule a JSON pointer into the contract, or a clause of a standard, which is returned as it is
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

/** The beginning of a description or a summary, on one line. */
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
