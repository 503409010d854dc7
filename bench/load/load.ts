// A load of requests over kept connections, from another core than the server's.
import { isInstalled } from '../processes.ts';
import { autocannonLoad } from './autocannon.ts';
import { wrkLoad } from './wrk.ts';

/** What is asked for. */
export interface Work {
  readonly method: string;
  /** With `@` where the number of the request goes. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The numbers that the requests take in turn. */
  readonly firstNumber: number;
  readonly numbers: number;
}

export interface Load {
  readonly url: string;
  readonly work: Work;
  readonly connections: number;
  readonly seconds: number;
}

/** How it went. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers of 400 and above. */
  readonly failedStatus: number;
  /** Requests without an answer. */
  readonly broken: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** wrk takes a tenth of what a Node server takes for a request; autocannon about as much as a fast one. */
export const generator = isInstalled('wrk') ? 'wrk' : 'autocannon';

export const load: (load: Load) => Promise<LoadResult> = generator === 'wrk' ? wrkLoad : autocannonLoad;
