// The composition root of the server: reads the environment, opens the store and the ports, ends in order.
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { type Iam, type IamSettings, openIam } from './http/auth/iam/open-iam.ts';
import { withPublicUrl } from './http/auth/public-url.ts';
import { loadContract } from './http/contract.ts';
import { serveDocs } from './http/docs.ts';
import { type Listener, listen } from './http/listener/listen.ts';
import type { ReportRefusal } from './http/listener/wire-errors.ts';
import { imageToTry, openStore } from './open-store.ts';
import { createAuthorize } from './operations/authorize.ts';
import { createAdminApp } from './operator/admin.ts';
import { createLocalCaller, greet } from './operator/greeting.ts';
import { LiveCredentials } from './operator/live-credentials.ts';
import { createLog } from './operator/log.ts';
import { isLoopback } from './operator/loopback.ts';
import { createCheckObserver, registerCheckGauges } from './operator/metrics/iam-metrics.ts';
import { measuredStore } from './operator/metrics/measured-store.ts';
import { createMetrics, type Metrics } from './operator/metrics/metrics.ts';
import { createReadiness } from './operator/readiness.ts';
import { type Config, readConfig, SETTINGS } from './operator/settings/config.ts';
import { mistypedSettings } from './operator/settings/mistyped.ts';
import { endProcess, exitInTime } from './process/end-process.ts';
import { type Ends, onEndSignals } from './process/end-signals.ts';
import { reportFailedStart } from './process/failed-start.ts';
import { inTime } from './process/in-time.ts';
import { LogOutput } from './process/log-output.ts';
import { unblockStandardStreams } from './process/standard-streams.ts';
import type { Store } from './store.ts';

const EXIT_FAILED = 1;
/** Milliseconds that requests in flight have to finish after a signal. All of the end takes at most 10 s. */
const GRACE_MS = 9_000;
/** Milliseconds that store and credentials have to finish what they have begun. */
const FILES_CLOSE_MS = 700;
/** Max characters of the log that wait to be read. Beyond that the server ends. */
const MAX_LOG_BACKLOG = 64 * 1024 * 1024;

/**
 * Runs the server until a signal ends it. It resolves once the server serves or its start has failed.
 * @throws Problems if the settings are invalid
 */
export async function serve(): Promise<void> {
  unblockStandardStreams();
  // Once it serves, a SIGHUP reads the credentials again; before that it means nothing, and never an unclean end.
  process.on('SIGHUP', () => undefined);
  // Before it serves no caller waits for it. PID 1 of a container ignores signals that it does not handle.
  const ends: Ends = { first: () => void exitInTime(Number(process.exitCode ?? 0)), again: () => undefined };
  onEndSignals(['SIGTERM', 'SIGINT'], ends);
  try {
    await start(ends);
  } catch (error) {
    reportFailedStart(error, { host: 'HOST or ADMIN_HOST', otherPort: 'PORT and ADMIN_PORT choose other ports' });
  }
}

/** @param ends gets what ends the server once it serves */
async function start(ends: Ends): Promise<void> {
  const mistyped = mistypedSettings(process.env, SETTINGS);
  // Before the settings are read: a mistyped one may be why another is missing.
  for (const line of mistyped) process.stderr.write(`Warning: ${line}\n`);
  const config = await readConfig(process.env);
  const withoutLog = new AbortController();
  const output = new LogOutput(process.stdout, { maxWaiting: MAX_LOG_BACKLOG, onLoss: (why) => withoutLog.abort(why) });
  withoutLog.signal.addEventListener('abort', () => void endWithoutLog(withoutLog.signal.reason as string));
  const log = createLog(config.LOG_LEVEL, output);
  for (const line of mistyped) log.warn(line);
  const metrics = createMetrics();
  const stopping = new AbortController();
  const store = await openStoreFor(config, metrics, log, stopping.signal);
  const local = config.principals === undefined ? createLocalCaller() : undefined;
  const principals = config.principals ?? [local?.principal].filter((one) => one !== undefined);
  const iam = config.iam && openIamFor(config.iam, metrics, log);
  const credentials = new LiveCredentials(principals, log, { file: config.CREDENTIALS_FILE, checks: iam?.checks });
  const ending = new AbortController();
  const signals = { stopping: stopping.signal, ending: ending.signal };
  const [server, admin] = await openPorts(config, { store, credentials, iam, metrics, log, ...signals });
  withoutLog.signal.addEventListener('abort', () => void server.close(0));
  credentials.follow();
  process.on('SIGHUP', () => void credentials.reload());
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected failure');
    void endProcess(output, { code: EXIT_FAILED });
  });
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    stopping.abort();
    log.info({ signal }, 'stopping');
    const { isServed, areFilesClosed } = await closeAll(server, admin, [store, credentials, ...(iam ? [iam] : [])]);
    ending.abort();
    log.info({ inTime: isServed && areFilesClosed }, 'stopped');
    await endProcess(output, { code: 0, mayHang: !areFilesClosed });
  };
  Object.assign(ends, { first: stop, again: () => void server.close(0) });
  log.info({ url: server.url, admin: admin.url, store: config.STORE }, 'listening');
  if (local !== undefined) greet(server.url, local, await imageToTry(config));
}

/** The log is the audit trail: when it cannot be written, the server ends, because deletes would go unrecorded. */
function endWithoutLog(reason: string): Promise<never> {
  process.stderr.write(`The log cannot be written: ${reason}\n`);
  return exitInTime(EXIT_FAILED);
}

/** What the listeners' apps are made of. */
interface Parts {
  readonly store: Store;
  readonly credentials: LiveCredentials;
  readonly iam: Iam | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Fires at the first signal to end. */
  readonly stopping: AbortSignal;
  /** Fires when all that could be finished in time is finished. */
  readonly ending: AbortSignal;
}

/**
 * Opens the admin listener's port, then the server's: from then on callers wait. If one cannot be opened, nothing stays
 * open.
 */
async function openPorts(config: Config, parts: Parts): Promise<[server: Listener, admin: Listener]> {
  const { store, credentials, iam, metrics, log, stopping, ending } = parts;
  const opened: Listener[] = [];
  try {
    const app = createApp({
      contract: await loadContract(),
      docs: await serveDocs(),
      store,
      authorize: createAuthorize(config.PROTECTED_TAGS),
      authenticators: withPublicUrl(credentials, config.PUBLIC_URL),
      requestsPerMinute: config.RATE_LIMIT,
      log,
      metrics,
      clientAddress: config.TRUST_PROXY,
      ending,
    });
    const isReady = createReadiness({ store, iam, principals: () => credentials.principals, stopping });
    const { ADMIN_HOST: host, ADMIN_PORT: port } = config;
    const adminApp = createAdminApp({ metrics, isLocal: isLoopback(host), isReady });
    const admin = await listen(adminApp, { host, port });
    opened.push(admin);
    return [await listen(app, { host: config.HOST, port: config.PORT, reportRefusal: refusalsTo(log) }), admin];
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close(0)));
    await inTime(store.close(), FILES_CLOSE_MS).catch(() => undefined);
    throw error;
  }
}

/** Says in the log if the store does not answer; the server starts all the same, in whatever order. */
async function openStoreFor(config: Config, metrics: Metrics, log: Logger, stopping: AbortSignal): Promise<Store> {
  const store = await openStore(config, log);
  void store.ready().catch(({ message }: Error) => {
    if (!stopping.aborted) log.warn({ store: config.STORE, reason: message }, 'store not ready');
  });
  return measuredStore(store, metrics);
}

/** Says in the log if the identity service does not answer, likewise. */
function openIamFor(settings: IamSettings, metrics: Metrics, log: Logger): Iam {
  const iam = openIam(settings, createCheckObserver(metrics.registry));
  registerCheckGauges(metrics.registry, iam.checks);
  void iam.probe().then((reason) => {
    if (reason !== undefined) log.warn({ identityService: settings.url.href, reason }, 'identity service not reached');
  });
  return iam;
}

function refusalsTo(log: Logger): ReportRefusal {
  return ({ kind, status, cause }, requestId, remoteAddress) =>
    log.info({ requestId, remoteAddress, status, outcome: kind, reason: (cause as Error)?.message }, 'refused');
}

/** Closes everything in order. @returns what finished in time */
async function closeAll(server: Listener, admin: Listener, files: readonly { close(): Promise<void> }[]) {
  const isServed = await server.close(GRACE_MS);
  await admin.close(0);
  const areFilesClosed = await inTime(Promise.all(files.map((one) => one.close())), FILES_CLOSE_MS).then(
    () => true,
    () => false,
  );
  return { isServed, areFilesClosed };
}
