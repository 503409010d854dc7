/** A figure over the rounds of a run. */
export interface Series {
  readonly median: number;
  /** In the order of the rounds. */
  readonly rounds: readonly number[];
}

/** @param values at least one */
export function series(values: readonly number[]): Series {
  return { median: median(values), rounds: values };
}

/** The middle value; of an even number of them, the mean of the middle two. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError('no values');
  return (low + high) / 2;
}
