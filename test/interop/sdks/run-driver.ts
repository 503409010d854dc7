// Runs an SDK through all scenarios, one after the other, in one process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { temporaryDirectory } from '../../support/programs.ts';
import type { Arrival } from './places.ts';
import type { Scenario } from './scenarios.ts';

/** A command that reads scenarios and writes results. */
export interface Driver {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a driver says of one scenario. */
export interface Outcome {
  /** The class of what was thrown, in the SDK's language; `NoSuchSetting` if the SDK lacks a setting of the scenario. */
  readonly exception?: string;
  readonly status?: number | null;
  readonly code?: string | null;
  readonly message?: string | null;
  readonly requestId?: string | null;
  /** What arrived at the recorder in the meantime. */
  readonly arrivals: readonly Arrival[];
}

/** @throws with the driver's standard error if it ends before it has answered */
export async function runDriver<Name extends string>(
  { program, args, env }: Driver,
  scenarios: Readonly<Record<Name, Scenario>>,
  arrivals: readonly Arrival[],
): Promise<Readonly<Record<Name, Outcome>>> {
  // Some write to their home.
  const home = await temporaryDirectory();
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], HOME: home.path, ...env } });
  const ended = once(child, 'close');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const outcomes: Partial<Record<Name, Outcome>> = {};
  try {
    for (const [name, scenario] of Object.entries(scenarios) as [Name, Scenario][]) {
      const before = arrivals.length;
      child.stdin.write(`${JSON.stringify(scenario)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${program} ended at the scenario ${name}: ${stderr}`);
      outcomes[name] = { ...JSON.parse(value), arrivals: arrivals.slice(before) };
    }
    return outcomes as Record<Name, Outcome>;
  } finally {
    child.stdin.end();
    child.kill();
    await ended;
    await home.remove();
  }
}
