// A server that takes part in a row: a process of its own on the server's core.
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { type LoadResult, load, type Work } from './load.ts';
import { cpuMicros, freePort, type Running, SERVER_CORE, start } from './processes.ts';

/** How to start a contender. */
export interface Contender {
  readonly name: string;
  /** @param port where it has to listen; it gets the environment variable PORT too */
  readonly command: (port: number) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A server that all contenders use. It is bound to no core. */
  readonly isShared?: boolean;
}

/** A contender that answers. */
export interface Serving extends Running {
  readonly name: string;
  readonly url: string;
}

/** Max milliseconds from a contender's start to its first answer. */
const START_MS = 60_000;
const POLL_MS = 5;

/** Starts a contender and waits for its first answer, of any status. @throws if it ends, or does not answer in 60 s */
export async function serve({ name, command, env = {}, isShared = false }: Contender): Promise<Serving> {
  const port = await freePort();
  const running = start(command(port), {
    core: isShared ? undefined : SERVER_CORE,
    env: { PORT: String(port), ...env },
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + START_MS;
  while (!(await answers(url))) {
    if (running.child.exitCode !== null) throw new Error(`${name} ended with ${running.child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`${name} did not answer within ${START_MS} ms`);
    await delay(POLL_MS);
  }
  return { ...running, name, url };
}

async function answers(url: string): Promise<boolean> {
  try {
    const { body } = await request(url);
    await body.dump();
    return true;
  } catch {
    return false;
  }
}

/** Sends one request. @throws if the answer has another status: figures of wrong answers mean nothing */
export async function checkAnswer(
  { name, url }: Serving,
  { method, path, headers }: Work,
  status: number,
): Promise<void> {
  const answer = await request(url + path.replaceAll('@', '0'), { method: method as 'DELETE', headers });
  const body = await answer.body.text();
  if (answer.statusCode !== status) {
    throw new Error(`${name} answered ${answer.statusCode} instead of ${status}: ${body.slice(0, 300)}`);
  }
}

/** What a server did under load. */
export interface Served extends LoadResult {
  readonly perSecond: number;
  /** CPU time of the server for each request, in microseconds. Undefined if there is no /proc. */
  readonly cpuMicros: number | undefined;
}

interface LoadOptions {
  readonly connections: number;
  readonly seconds: number;
  /** The status that every answer must have. */
  readonly status: number;
}

/** Puts a load on a server. @throws if an answer was missing or had another status */
export async function measure(server: Serving, work: Work, options: LoadOptions): Promise<Served> {
  const { connections, seconds, status } = options;
  const before = cpuMicros(server.pid);
  const result = await load({ url: server.url, work, connections, seconds });
  const after = cpuMicros(server.pid);
  const expectedFailures = status >= 400 ? result.requests : 0;
  if (result.requests === 0 || result.broken > 0 || result.failedStatus !== expectedFailures) {
    throw new Error(`${server.name} answered wrongly under load: ${JSON.stringify({ status, ...result })}`);
  }
  return {
    ...result,
    perSecond: result.requests / result.seconds,
    cpuMicros: before === undefined || after === undefined ? undefined : (after - before) / result.requests,
  };
}
