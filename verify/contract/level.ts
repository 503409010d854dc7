// Levels of conformance: every part of the contract says where it comes from (`x-source`).
import type { Contract } from './contract.ts';
import { valuesAlong } from './place.ts';

/** Each level includes the ones before it. */
export const LEVELS = ['base', 'vendor', 'full'] as const;
export type Level = (typeof LEVELS)[number];

const LEVEL_OF_SOURCE: Readonly<Record<string, Level>> = {
  'base document': 'base',
  'vendor documentation': 'vendor',
  extension: 'full',
};

/** Whether a level includes the rules of another. */
export const takesIn = (level: Level, other: Level): boolean => LEVELS.indexOf(other) <= LEVELS.indexOf(level);

/**
 * The level of a rule: the source of the place in the contract, or of the nearest place around it; else of the first
 * place within it. A rule of HTTP, or of a contract that names no sources, is base.
 * @param rule a JSON pointer such as `#/components/responses/NotFound`, or a clause such as `RFC 9112, 6.3`
 */
export function levelOf({ document }: Pick<Contract, 'document'>, rule: string): Level {
  if (!rule.startsWith('#/')) return 'base';
  const places = valuesAlong(document, rule);
  const own = places.toReversed().map(sourceOf);
  const within = Object.values((places.at(-1) ?? {}) as object).map(sourceOf);
  return [...own, ...within].find((level) => level !== undefined) ?? 'base';
}

/**
 * The level of a state, such as an identity service that does not answer: that of its status. A state that only this
 * contract knows is an extension, whatever its status.
 */
export function levelOfState(contract: Pick<Contract, 'document'>, { pointer, response }: StatePlace): Level {
  return levelOf(contract, pointer) === 'full' ? 'full' : levelOf(contract, response);
}

/** Pointers to its example and to the response of that. */
interface StatePlace {
  readonly pointer: string;
  readonly response: string;
}

function sourceOf(value: unknown): Level | undefined {
  const source = typeof value === 'object' && value !== null && 'x-source' in value ? value['x-source'] : undefined;
  return typeof source === 'string' && Object.hasOwn(LEVEL_OF_SOURCE, source) ? LEVEL_OF_SOURCE[source] : undefined;
}
