// Where wrk is not installed.
import { LOAD_CORE, run } from '../processes.ts';
import { programOf } from '../root.ts';
import type { Load, LoadResult } from './load.ts';

/** The part of its result that is looked at. */
interface AutocannonResult {
  readonly requests: { readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly duration: number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
}

/** Its requests take ids of its own instead of numbers: each one another. */
export async function autocannonLoad({ url, work, connections, seconds }: Load): Promise<LoadResult> {
  const headers = Object.entries(work.headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const target = url + work.path.replaceAll('@', '[<id>]');
  const options = ['-j', '-m', work.method, '-c', String(connections), '-d', String(seconds), '-I', ...headers];
  const command = [process.execPath, programOf('autocannon'), ...options, target];
  const result = JSON.parse(await run(command, { core: LOAD_CORE })) as AutocannonResult;
  return {
    requests: result.requests.total,
    seconds: result.duration,
    failedStatus: result.non2xx,
    broken: result.errors + result.timeouts,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
