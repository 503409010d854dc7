// What a run measures, as it stands in dist/bench/results.json.
import type { Machine } from './machine.ts';
import type { Series } from './statistics.ts';

/** What one contender did at one kind of work. */
export interface Measurement {
  readonly contender: string;
  /** The same words for the same work, whoever does it. */
  readonly work: string;
  /** By name with unit, as `requests/s`. */
  readonly figures: Readonly<Record<string, Series>>;
}

/** Two figures beside each other, or one that has a bound of its own. */
export interface Ratio {
  readonly what: string;
  readonly value: number;
  readonly unit: '×' | 'ms' | 'MiB' | 'lost';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One row of the benchmark. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** What is compared with what, and under which conditions. */
  readonly how: string;
  /** What the comparison comes down to. */
  readonly ratios: readonly Ratio[];
  readonly measurements: readonly Measurement[];
  /** Peers that could not take part, and why. */
  readonly missing: readonly string[];
}

/** A whole run. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** How long each load went on in each round. */
  readonly seconds: number;
  readonly sections: readonly Section[];
}

/** Whether a ratio keeps its bounds; one without bounds does. */
export function isMet({
  value,
  atLeast = Number.NEGATIVE_INFINITY,
  atMost = Number.POSITIVE_INFINITY,
}: Ratio): boolean {
  return value >= atLeast && value <= atMost;
}

/** The median of a figure. @returns undefined where the contender took no part in this work */
export function medianOf(
  measurements: readonly Measurement[],
  contender: string,
  work: string,
  figure: string,
): number | undefined {
  return measurements.find((one) => one.contender === contender && one.work === work)?.figures[figure]?.median;
}
