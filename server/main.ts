// The composition root of the server: reads the environment, picks the store, opens the ports.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Logger, pino } from 'pino';
import { authToken, operations } from '../generated/contract.ts';
import { createApp } from './app.ts';
import { createSignatureVerifier } from './http/auth/signature.ts';
import { createTokenLookup, tokenSha256 } from './http/auth/token.ts';
import { loadContract } from './http/contract.ts';
import { serveDocs } from './http/docs.ts';
import { type Listener, listen } from './http/listener/listen.ts';
import type { Principal } from './http/principals.ts';
import { createAuthorize } from './operations/authorize.ts';
import { createAdminApp } from './operator/admin.ts';
import { type Config, isLoopback, readConfig } from './operator/config.ts';
import { createMetrics } from './operator/metrics.ts';
import { endProcess } from './process/end-process.ts';
import { inTime } from './process/in-time.ts';
import { Problems } from './process/problems.ts';
import { type Store, StoreError } from './store.ts';
import { openLayoutStore } from './stores/layout/layout-store.ts';
import { makeSamples } from './stores/layout/samples.ts';
import type { RegistrySettings } from './stores/registry/options.ts';
import { openRegistryStore } from './stores/registry/registry-store.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** After a signal, what is in flight has so many milliseconds to finish; with the next, 10 s in all. */
const GRACE_MS = 9_000;
/** And the store so many to write what it has begun. */
const STORE_CLOSE_MS = 700;
/** So many bytes of the log may wait for whoever reads it. */
const MAX_LOG_BACKLOG_BYTES = 64 * 1024 * 1024;
const ADMIN_HOST = '127.0.0.1';
const DEFAULT_DATA_DIR = 'data';

try {
  await main();
} catch (error) {
  if (error instanceof Problems) {
    for (const problem of error.problems) process.stderr.write(`${problem}\n`);
    process.exitCode = EXIT_USAGE;
  } else {
    process.stderr.write(`Cannot start: ${explain(error)}\n`);
    process.exitCode = EXIT_FAILED;
  }
}

async function main(): Promise<void> {
  const config = await readConfig(process.env);
  // minLength 1 and not 0, which makes flush do nothing.
  const output = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: MAX_LOG_BACKLOG_BYTES });
  const log = pino({ level: config.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output);
  const store = await openStore(config, log);
  const metrics = createMetrics();
  const token = config.principals === undefined ? randomBytes(24).toString('base64url') : undefined;
  const principals = config.principals ?? [localPrincipal(token ?? '')];
  const listeners: Listener[] = [];
  let isStopping = false;
  try {
    const app = createApp({
      contract: await loadContract(),
      docs: await serveDocs(),
      store,
      authorize: createAuthorize(config.PROTECTED_TAGS),
      authenticators: {
        principalOfToken: createTokenLookup(principals),
        verifySignature: createSignatureVerifier(principals),
      },
      requestsPerMinute: config.RATE_LIMIT,
      log,
      metrics,
    });
    const admin = createAdminApp(metrics, async () => {
      if (isStopping) throw new StoreError('unavailable', 'stopping');
      await store.ready();
    });
    listeners.push(
      await listen(app, {
        host: config.HOST,
        port: config.PORT,
        reportRefusal: ({ kind, status, cause }, requestId, remoteAddress) =>
          log.info({ requestId, remoteAddress, status, outcome: kind, reason: (cause as Error)?.message }, 'refused'),
      }),
    );
    listeners.push(await listen(admin, { host: ADMIN_HOST, port: config.ADMIN_PORT }));
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close(0)));
    await store.close();
    throw error;
  }
  const [server, admin] = listeners as [Listener, Listener];
  log.info({ url: server.url, admin: admin.url, store: config.STORE }, 'listening');
  greet(server.url, token);

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    const isServed = await server.close(GRACE_MS);
    await admin.close(0);
    const isStoreClosed = await inTime(store.close(), STORE_CLOSE_MS).then(
      () => true,
      () => false,
    );
    log.info({ inTime: isServed && isStoreClosed }, 'stopped');
    await endProcess(output, 0);
  };
  // The log is the audit trail: without it deletes would go unrecorded.
  const endWithoutLog = (reason: string): never => {
    process.stderr.write(`The log cannot be written: ${reason}\n`);
    process.exit(EXIT_FAILED);
  };
  output.on('error', (error: Error) => endWithoutLog(error.message));
  output.on('drop', () => void endProcess(output, EXIT_FAILED));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected failure');
    void endProcess(output, EXIT_FAILED);
  });
}

async function openStore({ DATA_DIR, registry }: Config, log: Logger): Promise<Store> {
  const dataDir = resolve(DATA_DIR ?? DEFAULT_DATA_DIR);
  if (registry !== undefined) return openRegistry(registry, dataDir, log);
  if (!existsSync(dataDir)) {
    await makeSamples(dataDir);
    log.info({ dataDir }, 'made sample images');
  }
  return openLayoutStore(dataDir, log);
}

async function openRegistry(settings: RegistrySettings, stateDir: string, log: Logger): Promise<Store> {
  const { url, credentials, authFile } = settings;
  if (url.protocol === 'http:' && (credentials ?? authFile) !== undefined && !isLoopback(url.hostname)) {
    log.warn({ registry: url.href }, 'credentials travel to the registry without TLS');
  }
  try {
    return await openRegistryStore({ ...settings, stateDir }, log);
  } catch (error) {
    if (!(error instanceof Problems)) throw error;
    throw new Problems(error.problems.map((problem) => `REGISTRY_AUTH_FILE ${authFile}: ${problem}`));
  }
}

/** Without a credentials file there is one caller, whose token is made anew at every start. */
function localPrincipal(token: string): Principal {
  return { name: 'local', tokenSha256: tokenSha256(token), namespaces: ['*'] };
}

/** For the person at the terminal, on standard error; the log never holds the token. */
function greet(url: string, token: string | undefined): void {
  if (token === undefined) return;
  const { method, path, parameters } = operations.deleteRepoTag;
  const example = Object.entries(parameters).reduce(
    (filled, [name, parameter]) => filled.replace(`{${name}}`, parameter.example),
    path as string,
  );
  process.stderr.write(
    [
      '',
      'No CREDENTIALS_FILE: this token is valid until the server stops. Delete a tag with',
      '',
      `  curl -i -X ${method} -H '${authToken.header}: ${token}' '${url}${example}'`,
      '',
      '',
    ].join('\n'),
  );
}

/** A start that failed, for a person: no stack. */
function explain(error: unknown): string {
  const { code, message, address, port } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (code === 'EADDRINUSE')
    return `${address}:${port} is in use by another program; PORT and ADMIN_PORT choose other ports`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST is no address of this machine (${message})`;
  return message ?? String(error);
}
