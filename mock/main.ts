// The composition root of the mock: reads the command line, starts the engine, opens the port.
import { destination } from 'pino';
import { authToken, operations } from '../generated/contract.ts';
import { contractFile, loadContract } from '../server/http/contract.ts';
import { serveDocs } from '../server/http/docs.ts';
import { listen } from '../server/http/listener/listen.ts';
import { endProcess } from '../server/process/end-process.ts';
import { Problems } from '../server/process/problems.ts';
import { createMockApp } from './app.ts';
import { createEngine } from './engine.ts';
import { lineOfRefusal } from './observe.ts';
import { type MockOptions, readOptions } from './options.ts';
import { defaultBounds, Sessions } from './sessions.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** After a signal, what is in flight has so many milliseconds to finish. */
const GRACE_MS = 2_000;
/** What nobody has read of the log by then is dropped: the mock serves on. */
const MAX_LOG_BACKLOG_BYTES = 1024 * 1024;

try {
  const options = await readOptions(process.argv.slice(2));
  if (options !== undefined) await start(options);
} catch (error) {
  const problems = error instanceof Problems ? error.problems : [`Cannot start: ${explain(error)}`];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = error instanceof Problems ? EXIT_USAGE : EXIT_FAILED;
}

async function start({ host, port, images, areFaultsOn }: MockOptions): Promise<void> {
  const output = destination({ dest: 1, sync: false, minLength: 1, maxLength: MAX_LOG_BACKLOG_BYTES });
  // Whoever reads the log may go away (`| head`): the mock serves on.
  output.on('error', () => undefined);
  const write = (line: string) => void output.write(`${line}\n`);
  const app = createMockApp({
    contract: await loadContract(),
    engine: await createEngine(contractFile),
    docs: await serveDocs(),
    sessions: new Sessions(defaultBounds, onceEach(write)),
    images,
    areFaultsOn,
    write,
  });
  const listener = await listen(app, {
    host,
    port,
    reportRefusal: (failure, requestId) => write(lineOfRefusal(failure, requestId)),
  });
  write(`The mock listens on ${listener.url} (docs at ${listener.url}/docs). Try`);
  write(`  ${exampleOf(listener.url)}`);

  const stop = async (): Promise<void> => {
    await listener.close(GRACE_MS);
    await endProcess(output, 0);
  };
  // The last resort: a mock that ends takes a whole test run with it. Nothing it remembers can be spoilt.
  process.on('uncaughtException', (error) => process.stderr.write(`unexpected: ${error.stack}\n`));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** Says a thing the first time, and no more. */
function onceEach(say: (what: string) => void): (what: string) => void {
  const said = new Set<string>();
  return (what) => {
    if (!said.has(what)) say(what);
    said.add(what);
  };
}

/** A request that the mock answers, for the person at the terminal. */
function exampleOf(url: string): string {
  const { method, path, parameters } = operations.deleteRepoTag;
  const filled = Object.entries(parameters).reduce(
    (text, [name, { example }]) => text.replace(`{${name}}`, example),
    path as string,
  );
  return `curl -i -X ${method} -H '${authToken.header}: any' '${url}${filled}'`;
}

/** A start that failed, for a person: no stack. */
function explain(error: unknown): string {
  const { code, message, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `${address}:${port} is in use by another program; --port chooses another port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `--host is no address of this machine (${message})`;
  return message ?? String(error);
}
