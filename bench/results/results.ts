// What a run measures, in the form of dist/bench/results.json.
import type { Machine } from './machine.ts';

/** A figure over the rounds of a run. */
export interface Series {
  readonly median: number;
  /** In the order of the rounds. */
  readonly rounds: readonly number[];
}

/** What one contender did at one kind of work. */
export interface Measurement {
  readonly contender: string;
  /** The same text for the same work, for every contender. */
  readonly work: string;
  /** By name with unit, such as `requests/s`. */
  readonly figures: Readonly<Record<string, Series>>;
}

/** A comparison of two figures, or one figure with a target. */
export interface Ratio {
  readonly what: string;
  readonly value: number;
  readonly unit: '×' | 'ms' | 'MiB' | 'lost';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A row in one line. */
export interface Headline {
  readonly what: string;
  /** The target. */
  readonly asked: string;
  readonly ours: string;
  readonly bestPeer: string;
  /** The most that this machine could do. */
  readonly floor: string;
}

/** A figure of this checkout beside the same one of another checkout. */
export interface Comparison {
  readonly contender: string;
  readonly work: string;
  readonly figure: string;
  readonly ours: number;
  readonly other: number;
  /** Ours ÷ other: the median, lowest and highest of the rounds. */
  readonly ratio: { readonly median: number; readonly lowest: number; readonly highest: number };
  readonly rounds: number;
}

/** One row of the benchmark. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** What is compared, and under which conditions. */
  readonly how: string;
  readonly headline?: Headline;
  readonly ratios: readonly Ratio[];
  readonly measurements: readonly Measurement[];
  /** The measurements as a table with its head, which replaces the general one. */
  readonly overview?: readonly (readonly string[])[];
  /** With `--against` only. */
  readonly comparisons?: readonly Comparison[];
  /** Peers that could not take part, and why. */
  readonly missing: readonly string[];
}

/** A whole run. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Length of each load in each round. */
  readonly seconds: number;
  readonly sections: readonly Section[];
}

/** Whether a ratio meets its targets. One without targets does. */
export function isMet({
  value,
  atLeast = Number.NEGATIVE_INFINITY,
  atMost = Number.POSITIVE_INFINITY,
}: Ratio): boolean {
  return value >= atLeast && value <= atMost;
}

/** The median of a figure. @returns undefined if the contender did not do this work */
export function medianOf(
  measurements: readonly Measurement[],
  contender: string,
  work: string,
  figure: string,
): number | undefined {
  return measurements.find((one) => one.contender === contender && one.work === work)?.figures[figure]?.median;
}

/** @param values of the rounds; at least one */
export function series(values: readonly number[]): Series {
  return { median: median(values), rounds: values };
}

/** The middle value. For an even count: the mean of the middle two. @throws RangeError if there is none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError('no values');
  return (low + high) / 2;
}
