// The composition root of the mock: reads the command line, starts the engine, opens the port.
import { destination } from 'pino';
import { authToken, operations } from '../generated/contract.ts';
import { contractFile, loadContract } from '../server/http/contract.ts';
import { serveDocs } from '../server/http/docs.ts';
import { listen } from '../server/http/listener/listen.ts';
import { endProcess } from '../server/process/end-process.ts';
import { Problems } from '../server/process/problems.ts';
import { createMockApp } from './app.ts';
import { openEngine } from './engine.ts';
import { jsonLog, textLog } from './log.ts';
import { type MockOptions, readOptions } from './options.ts';
import { openReadyFile } from './ready-file.ts';
import { defaultBounds, Sessions } from './sessions.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** Time that requests in flight have to finish after a signal, in milliseconds. */
const GRACE_MS = 2_000;
/** Max bytes of the log that wait for a reader. Beyond that, lines are dropped and the mock keeps serving. */
const MAX_LOG_BACKLOG_BYTES = 1024 * 1024;

try {
  const options = await readOptions(process.argv.slice(2));
  if (options !== undefined) await start(options);
} catch (error) {
  const problems = error instanceof Problems ? error.problems : [`Cannot start: ${explain(error)}`];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = error instanceof Problems ? EXIT_USAGE : EXIT_FAILED;
}

async function start({ host, port, logFormat, readyFile: file, ...options }: MockOptions): Promise<void> {
  const output = destination({ dest: 1, sync: false, minLength: 1, maxLength: MAX_LOG_BACKLOG_BYTES });
  // The reader of the log may exit (`| head`): the mock keeps serving.
  output.on('error', () => undefined);
  const write = (line: string) => void output.write(`${line}\n`);
  const log = logFormat === 'json' ? jsonLog(write) : textLog(write);
  const readyFile = file === undefined ? undefined : await openReadyFile(file);
  const app = createMockApp({
    contract: await loadContract(),
    engine: await openEngine(contractFile),
    docs: await serveDocs(),
    sessions: new Sessions(defaultBounds, onceEach(log.message)),
    log,
    ...options,
  });
  const listener = await listen(app, {
    host,
    port,
    reportRefusal: log.refusal,
  });
  log.listening(listener.url, exampleOf(listener.url));
  await readyFile?.write(listener.url);

  const stop = async (): Promise<void> => {
    await readyFile?.remove();
    await listener.close(GRACE_MS);
    await endProcess(output, 0);
  };
  // Last resort: a mock that exits fails a whole test run, and it has no data that could be corrupted.
  process.on('uncaughtException', (error) => process.stderr.write(`unexpected: ${error.stack}\n`));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** Passes each message on once. */
function onceEach(say: (what: string) => void): (what: string) => void {
  const said = new Set<string>();
  return (what) => {
    if (!said.has(what)) say(what);
    said.add(what);
  };
}

/** A curl command that the mock answers, shown at the start. */
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
