// A load of requests over kept connections, from another core than the server's.
import { join } from 'node:path';
import { programOf, projectRoot } from './builds.ts';
import { isInstalled, LOAD_CORE, run } from './processes.ts';

/** Which requests to send. */
export interface Work {
  readonly method: string;
  /** `@` stands for the request's number. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The requests take these numbers in turn. */
  readonly firstNumber: number;
  readonly numbers: number;
}

/** Where to send them, and for how long. */
export interface Load {
  readonly url: string;
  readonly work: Work;
  readonly connections: number;
  readonly seconds: number;
}

/** What came back. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers with a status of 400 or above. */
  readonly failedStatus: number;
  /** Requests without an answer. */
  readonly broken: number;
  readonly p99Ms: number;
}

/** wrk needs a tenth of a Node server's CPU time for a request. autocannon needs about as much as a fast one. */
export const generator = isInstalled('wrk') ? 'wrk' : 'autocannon';

/** Sends a load. @throws if the generator fails */
export const load: (load: Load) => Promise<LoadResult> = generator === 'wrk' ? wrkLoad : autocannonLoad;

async function wrkLoad({ url, work, connections, seconds }: Load): Promise<LoadResult> {
  const script = join(projectRoot, 'bench/harness/wrk.lua');
  const headers = Object.entries(work.headers).map(([name, value]) => `${name}: ${value}`);
  const numbers = [String(work.firstNumber), String(work.numbers)];
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url];
  const command = ['wrk', ...options, '--', work.method, work.path, ...numbers, ...headers];
  const output = await run(command, { core: LOAD_CORE });
  const json = /^JSON (.+)$/m.exec(output)?.[1];
  if (json === undefined) throw new Error(`wrk printed no result: ${output.slice(-500)}`);
  return JSON.parse(json) as LoadResult;
}

/** The fields that are used. */
interface AutocannonResult {
  readonly requests: { readonly total: number };
  readonly latency: { readonly p99: number };
  readonly duration: number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
}

/**
 * autocannon numbers requests by unique ids of its own. Its command line takes an argument that ends in `]` for the end of
 * a nested one (subarg), so the URL ends in an empty fragment, which is not sent.
 */
async function autocannonLoad({ url, work, connections, seconds }: Load): Promise<LoadResult> {
  const headers = Object.entries(work.headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const target = `${url}${work.path.replaceAll('@', '[<id>]')}#`;
  const options = ['-j', '-m', work.method, '-c', String(connections), '-d', String(seconds), '-I', ...headers];
  const command = [process.execPath, programOf('autocannon'), ...options, target];
  const result = JSON.parse(await run(command, { core: LOAD_CORE })) as AutocannonResult;
  return {
    requests: result.requests.total,
    seconds: result.duration,
    failedStatus: result.non2xx,
    broken: result.errors + result.timeouts,
    p99Ms: result.latency.p99,
  };
}
