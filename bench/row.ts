// What a row of the benchmark is given.
import type { Section } from './results.ts';

/** How much is measured, and whom to tell. */
export interface Settings {
  readonly rounds: number;
  /** How long each load goes on in each round. */
  readonly seconds: number;
  /** Peers that take part; undefined for all of them. */
  readonly only: readonly string[] | undefined;
  /** Says what is going on, for a person who waits. */
  readonly report: (what: string) => void;
}

/** Measures one row. */
export type Row = (settings: Settings) => Promise<Section>;

/** Whether a peer takes part. */
export function takesPart({ only }: Settings, name: string): boolean {
  return only === undefined || only.includes(name);
}
