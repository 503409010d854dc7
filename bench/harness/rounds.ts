// How work is scheduled: rounds of all contenders in turn, and within a task, pieces of work concurrently.
import { type Measurement, type Section, series } from '../results/results.ts';
import type { Build } from './builds.ts';

/** How much a row measures. */
export interface Settings {
  readonly rounds: number;
  /** Length of each load in each round. */
  readonly seconds: number;
  /** Peers that take part. Undefined: all of them. */
  readonly only: readonly string[] | undefined;
  /** This checkout first, then the one that it is compared with, if any. */
  readonly builds: readonly Build[];
  /** Tells the user what is being measured. */
  readonly report: (what: string) => void;
}

/** Measures one row of the benchmark. */
export type Row = (settings: Settings) => Promise<Section>;

/** Whether a peer takes part. */
export function takesPart({ only }: Settings, peer: string): boolean {
  return only === undefined || only.includes(peer);
}

/** One kind of work of one contender. */
export interface Task {
  readonly contender: string;
  readonly work: string;
  /** Does the work once. @returns figures by name with unit; undefined for one that cannot be measured here */
  readonly run: (round: number) => Promise<Readonly<Record<string, number | undefined>>>;
}

/**
 * Runs all tasks once, then all of them again: a machine that slows down slows every contender. Each round begins with
 * another task, so that no task always follows the same one.
 * @returns a measurement for each task, in their order
 * @throws what a task throws
 */
export async function inRounds(
  tasks: readonly Task[],
  rounds: number,
  report: (what: string) => void,
): Promise<Measurement[]> {
  const values = tasks.map(() => new Map<string, number[]>());
  for (let round = 0; round < rounds; round += 1) {
    for (let step = 0; step < tasks.length; step += 1) {
      const at = (step + round) % tasks.length;
      const task = tasks[at] as Task;
      report(`round ${round + 1} of ${rounds}: ${task.contender}, ${task.work}`);
      for (const [name, value] of Object.entries(await task.run(round))) {
        if (value === undefined) continue;
        const known = values[at]?.get(name);
        if (known === undefined) values[at]?.set(name, [value]);
        else known.push(value);
      }
    }
  }
  return tasks.map(({ contender, work }, at) => ({
    contender,
    work,
    figures: Object.fromEntries([...(values[at] ?? [])].map(([name, list]) => [name, series(list)])),
  }));
}

/**
 * Does a piece of work for each subject.
 * @param concurrency max pieces of work at once
 * @returns milliseconds for all of them
 * @throws what the first failing piece throws
 */
export async function atOnce<T>(
  subjects: readonly T[],
  concurrency: number,
  work: (subject: T) => Promise<void>,
): Promise<number> {
  const begin = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < subjects.length) {
      const subject = subjects[next] as T;
      next += 1;
      await work(subject);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, subjects.length) }, worker));
  return performance.now() - begin;
}
