import { join } from 'node:path';
import { LOAD_CORE, run } from '../processes.ts';
import { projectRoot } from '../root.ts';
import type { Load, LoadResult } from './load.ts';

const SCRIPT = join(projectRoot, 'bench/load/wrk.lua');

export async function wrkLoad({ url, work, connections, seconds }: Load): Promise<LoadResult> {
  const headers = Object.entries(work.headers).map(([name, value]) => `${name}: ${value}`);
  const numbers = [String(work.firstNumber), String(work.numbers)];
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT, url];
  const output = await run(['wrk', ...options, '--', work.method, work.path, ...numbers, ...headers], {
    core: LOAD_CORE,
  });
  const json = /^JSON (.+)$/m.exec(output)?.[1];
  if (json === undefined) throw new Error(`wrk said nothing of its result: ${output.slice(-500)}`);
  return JSON.parse(json) as LoadResult;
}
