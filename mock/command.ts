// `swr-tag-delete mock`, the composition root of the mock: starts the engine, opens the port.
import { Command, Option } from 'commander';
import { examplePath } from '../openapi/names.ts';
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
import { openEngine } from './engine/open-engine.ts';
import { jsonLog, textLog } from './log.ts';
import { checkOptions, type Given, LOG_FORMATS, type MockOptions } from './options.ts';
import { openReadyFile } from './ready-file.ts';
import { defaultBounds, Sessions } from './sessions/sessions.ts';

/** Time that requests in flight have to finish after a signal, in milliseconds. */
const GRACE_MS = 2_000;
/** Max characters of the log that wait for a reader. Beyond that, lines are dropped and the mock keeps serving. */
const MAX_LOG_BACKLOG = 1024 * 1024;

const examples = `
Examples:
  swr-tag-delete mock --port 4010
  swr-tag-delete mock --port 0 --ready-file mock.json --log json

  curl -i -X DELETE -H 'X-Auth-Token: any' \\
    'http://127.0.0.1:4010${examplePath('deleteRepoTag')}'

The first call deletes the tag, the second gets 404. The tag mock-throttled is
answered 429, and so on for each error of the contract; /docs lists them.

Exit codes: 0 ended by a signal, 1 failed, 2 usage error.`;

/** The command. */
export function mockCommand(): Command {
  return new Command('mock')
    .description("Mocks the API: answers with the contract's examples, remembers deletes, plays scenarios and faults.")
    .option('--port <port>', 'port to listen on; 0 picks a free port', '4010')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--faults', 'enable the tags mock-delay-<ms>, mock-reset, mock-truncate and mock-flaky-<times>')
    .option('--no-cors', 'send no CORS headers: browsers refuse to call the mock from other origins')
    .option('--images <file>', 'YAML list of the images that exist, as namespace/repository:tag; all others return 404')
    .option('--retry-after <seconds>', 'value of the header Retry-After in a 429', '1')
    .addOption(new Option('--log <format>', 'one line for each request').choices(LOG_FORMATS).default('text'))
    .option('--ready-file <file>', 'file to write as {"url", "pid"} once the mock listens; removed when it ends')
    .addHelpText('after', examples)
    .action(run);
}

async function run(given: Given): Promise<void> {
  unblockStandardStreams();
  try {
    await start(await checkOptions(given));
  } catch (error) {
    reportFailedStart(error, { host: '--host', otherPort: '--port chooses another port' });
  }
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

  const stop = async (): Promise<void> => {
    await readyFile?.remove();
    await listener.close(GRACE_MS);
    await endProcess(output, { code: 0, codeIfUnread: 0 });
  };
  // Last resort: a mock that exits fails a whole test run, and it has no data that could be corrupted.
  process.on('uncaughtException', (error) => process.stderr.write(`unexpected: ${error.stack}\n`));
  onEndSignals(['SIGTERM', 'SIGINT', 'SIGHUP'], { first: stop, again: () => void listener.close(0) });
  // Last: a script may end the mock as soon as it knows of it.
  log.listening(listener.url, exampleCurl(listener.url, 'any'));
  await readyFile?.write(listener.url);
}

/** Passes each message on once. */
function onceEach(say: (what: string) => void): (what: string) => void {
  const said = new Set<string>();
  return (what) => {
    if (!said.has(what)) say(what);
    said.add(what);
  };
}
