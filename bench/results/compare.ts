// Two builds beside each other, round by round: a slow round slows both, so its ratio stays right.
import { type Comparison, type Measurement, median } from './results.ts';

/**
 * Compares each contender of this checkout with the same one of the other checkout.
 * @param ours how names of contenders of this checkout begin
 * @param other how the same names begin for the other checkout
 */
export function compareBuilds(measurements: readonly Measurement[], ours: string, other: string): Comparison[] {
  return measurements
    .filter(({ contender }) => contender.startsWith(ours))
    .flatMap(({ contender, work, figures }) => {
      const partner = contender.replace(ours, other);
      const theirs = measurements.find((one) => one.contender === partner && one.work === work)?.figures ?? {};
      return Object.entries(figures).flatMap(([figure, own]): Comparison[] => {
        const their = theirs[figure];
        if (their === undefined) return [];
        const ratios = own.rounds.map((value, round) => value / (their.rounds[round] ?? Number.NaN));
        // A count of 0, such as siblings lost, has no ratio.
        if (!ratios.every(Number.isFinite)) return [];
        const ratio = { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
        return [{ contender, work, figure, ours: own.median, other: their.median, ratio, rounds: ratios.length }];
      });
    });
}

/** Whether the rounds agree: by chance alone, all of n rounds agree once in 2^(n-1) figures. */
export function verdictOf({ ratio: { lowest, highest }, rounds }: Comparison): string {
  if (rounds < 2) return 'one round only';
  if (lowest > 1) return 'higher in every round';
  return highest < 1 ? 'lower in every round' : 'within noise';
}
