// Interleaved rounds: everybody does everything once, then again, so that a machine that slows down slows all of them.
// Each round begins with another one: who comes behind whom makes no difference over all.
import type { Measurement } from './results.ts';
import { series } from './statistics.ts';

/** One kind of work of one contender. */
export interface Task {
  readonly contender: string;
  readonly work: string;
  /** Does it once. @returns figures by name with unit; undefined where one cannot be told */
  readonly run: (round: number) => Promise<Readonly<Record<string, number | undefined>>>;
}

/** @returns a measurement for each task, in their order */
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
