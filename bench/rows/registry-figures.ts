// What the figures of the registries are called, and what is made of them.
import { OURS } from '../harness/builds.ts';
import { rounded } from '../results/print.ts';
import { type Headline, type Measurement, medianOf, type Ratio } from '../results/results.ts';

export const DIRECT = 'direct';
export const DIRECT_READING = 'direct, reading';
export const PROXY = 'node-http, reading';
export const CONCURRENCIES = [1, 16, 64] as const;
export const DELETES = 'deletes of';
export const DELETES_A_SECOND = 'deletes/s';
export const LOST = 'siblings lost';
export const LEFT = 'still there';
/** Ours, as a share of the registry's own limit, at 16 at once. */
const SHARE = 0.9;

export const workOf = (registry: string, concurrency: number) => `${registry}, ${concurrency} at once`;

export function ratiosOf(measurements: readonly Measurement[], registry: string): Ratio[] {
  const ratioOf = (own: string, other: string, concurrency: number): Ratio => {
    const work = workOf(registry, concurrency);
    const rate = (name: string) => medianOf(measurements, name, work, DELETES_A_SECOND) ?? Number.NaN;
    return { what: `deletes/s of ${own} ÷ those of ${other}, ${work}`, value: rate(own) / rate(other), unit: '×' };
  };
  const ratios = [DIRECT, DIRECT_READING].flatMap((limit) =>
    CONCURRENCIES.map(
      (concurrency): Ratio => ({
        ...ratioOf(OURS, limit, concurrency),
        ...(concurrency === 16 && { atLeast: SHARE }),
      }),
    ),
  );
  const further = [ratioOf(OURS, PROXY, 16), ratioOf(PROXY, DIRECT, 16), ratioOf(OURS, 'skopeo', 16)];
  return [
    { what: `${LOST}, ${registry}`, value: total(measurements, registry, OURS, LOST), unit: 'lost', atMost: 0 },
    ...ratios,
    ...further.filter(({ value }) => !Number.isNaN(value)),
  ];
}

/** A figure summed over all numbers at once. */
function total(measurements: readonly Measurement[], registry: string, contender: string, figure: string): number {
  const figures = CONCURRENCIES.map((concurrency) =>
    medianOf(measurements, contender, workOf(registry, concurrency), figure),
  );
  return figures.reduce<number>((sum, one) => sum + (one ?? Number.NaN), 0);
}

/** One line for each program in each registry. */
export function overviewOf(measurements: readonly Measurement[], registries: readonly string[]): string[][] {
  const atOnceHeads = CONCURRENCIES.map((concurrency) => `deletes/s, ${concurrency} at once`);
  const head = ['registry', 'program', ...atOnceHeads, LOST, 'tags left over', 'of deletes'];
  const contendersIn = (registry: string) =>
    new Set(measurements.filter(({ work }) => work.startsWith(registry)).map(({ contender }) => contender));
  const lines = registries.flatMap((registry) =>
    [...contendersIn(registry)].map((contender) => [
      registry,
      contender,
      ...CONCURRENCIES.map((concurrency) =>
        rounded(medianOf(measurements, contender, workOf(registry, concurrency), DELETES_A_SECOND)),
      ),
      ...[LOST, LEFT, DELETES].map((figure) => rounded(total(measurements, registry, contender, figure))),
    ]),
  );
  return [head, ...lines];
}

export function headlineOf(measurements: readonly Measurement[], work: string): Headline {
  const figures = (name: string) => {
    const figure = (of: string) => rounded(medianOf(measurements, name, work, of));
    return `${figure(DELETES_A_SECOND)}, ${figure(LOST)} siblings lost`;
  };
  return {
    what: `registry store: deletes/s, ${work}`,
    asked: `${SHARE} of the registry's own limit, no sibling lost`,
    ours: figures(OURS),
    bestPeer: `skopeo ${figures('skopeo')}`,
    floor: figures(DIRECT),
  };
}
