// The composition root of the mock: reads the command line, starts the engine, opens the port.
import { contractFile, loadContract } from '../server/http/contract.ts';
import { serveDocs } from '../server/http/docs.ts';
import { exampleCurl } from '../server/http/example-request.ts';
import { listen } from '../server/http/listener/listen.ts';
import { endProcess } from '../server/process/end-process.ts';
import { onEndSignals } from '../server/process/end-signals.ts';
import { reportFailedStart } from '../server/process/failed-start.ts';
import { LogOutput } from '../server/process/log-output.ts';
import { unblockStandardStreams } from '../server/process/standard-streams.ts';
import { createMockApp } from './app.ts';
import { anyOrigin } from './cors.ts';
import { jsonLog, textLog } from './log.ts';
import { openEngine } from './open-engine.ts';
import { type MockOptions, readOptions } from './options.ts';
import { openReadyFile } from './ready-file.ts';
import { defaultBounds, Sessions } from './sessions.ts';

/** Time that requests in flight have to finish after a signal, in milliseconds. */
const GRACE_MS = 2_000;
/** Max characters of the log that wait for a reader. Beyond that, lines are dropped and the mock keeps serving. */
const MAX_LOG_BACKLOG = 1024 * 1024;

unblockStandardStreams();
try {
  const options = await readOptions(process.argv.slice(2));
  if (options !== undefined) await start(options);
} catch (error) {
  reportFailedStart(error, { host: '--host', otherPort: '--port chooses another port' });
}

async function start({ host, port, logFormat, readyFile: file, ...options }: MockOptions): Promise<void> {
  // The reader of the log may exit (`| head`): the mock keeps serving.
  const output = new LogOutput(process.stdout, { maxWaiting: MAX_LOG_BACKLOG, onLoss: () => undefined });
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
    ...(options.isCorsOn && { refusalHeaders: anyOrigin }),
  });
  log.listening(listener.url, exampleCurl(listener.url, 'any'));
  await readyFile?.write(listener.url);

  const stop = async (): Promise<void> => {
    await readyFile?.remove();
    await listener.close(GRACE_MS);
    await endProcess(output, { code: 0, codeIfUnread: 0 });
  };
  // Last resort: a mock that exits fails a whole test run, and it has no data that could be corrupted.
  process.on('uncaughtException', (error) => process.stderr.write(`unexpected: ${error.stack}\n`));
  onEndSignals(['SIGTERM', 'SIGINT', 'SIGHUP'], { first: stop, again: () => void listener.close(0) });
}

/** Passes each message on once. */
function onceEach(say: (what: string) => void): (what: string) => void {
  const said = new Set<string>();
  return (what) => {
    if (!said.has(what)) say(what);
    said.add(what);
  };
}
