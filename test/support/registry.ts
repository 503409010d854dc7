// Runs Debian's docker-registry, or the program REGISTRY_PROGRAM, as a process on a free port of loopback. It keeps its data
// in files, or in the S3 service S3_PROGRAM.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Certificate } from './certificates.ts';
import { temporaryDirectory } from './programs.ts';
import { s3Storage, startS3Server } from './s3-server.ts';

const PROGRAM = process.env['REGISTRY_PROGRAM'] ?? 'docker-registry';

const { S3_PROGRAM } = process.env;

/** What of the registry deletes a tag alone: nothing, the request for it, or that request even with deletion off. */
export const DELETES = process.env['REGISTRY_DELETES'] as undefined | 'by-tag' | 'by-tag-even-if-off';

const START_MS = 20_000;
const STOP_MS = 3_000;

/** The only user of a registry that asks for a login. The hash is bcrypt's of the password. */
export const CREDENTIALS = {
  username: 'registry-user',
  password: 'registry-password',
  header: `Basic ${Buffer.from('registry-user:registry-password').toString('base64')}`,
} as const;
const HTPASSWD = `${CREDENTIALS.username}:$2y$04$swrtagdeleteswrtagdeleW3Q2co/9k34rh07mNobvQZM5ntXuM0G\n`;

interface Options {
  /** Its program, by default Debian's docker-registry or REGISTRY_PROGRAM. */
  readonly program?: string;
  /** false: every DELETE is answered 405, while PUT works. */
  readonly deletion?: boolean;
  /** Every DELETE and every PUT is answered 405. */
  readonly readOnly?: boolean;
  /** `htpasswd` asks for the CREDENTIALS; an object is a token server's `registryAuth`. */
  readonly auth?: 'htpasswd' | object;
  readonly tls?: Certificate;
  /** Whether it caches descriptors, as Debian's own configuration does. Only if no other registry shares its storage. */
  readonly cache?: boolean;
  /** By default a free one. */
  readonly port?: number;
  /** The storage of another registry, which may run at the same time. By default a temporary directory. */
  readonly storage?: string;
}

/** A running registry. */
export interface Registry {
  readonly url: string;
  readonly storage: string;
  /** Its output: the access log in Apache format, and messages as lines of JSON. */
  log(): string;
  /** The requests with one of these methods, as `PUT /v2/…`. */
  requests(...methods: readonly string[]): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts a registry. @throws with its output if it does not start */
export async function startRegistry(options: Options = {}): Promise<Registry> {
  const { program = PROGRAM } = options;
  const directory = await temporaryDirectory();
  const s3 = S3_PROGRAM === undefined || options.storage !== undefined ? undefined : await startS3Server(S3_PROGRAM);
  const storage = options.storage ?? s3?.url ?? join(directory.path, 'storage');
  if (S3_PROGRAM === undefined) await mkdir(storage, { recursive: true });
  const configuration = join(directory.path, 'config.yml');
  const htpasswd = join(directory.path, 'htpasswd');
  await writeFile(htpasswd, HTPASSWD);
  // JSON is YAML.
  await writeFile(configuration, JSON.stringify(configure(options, storage, htpasswd)));

  // setpriv (util-linux) ends it together with this process.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, 'serve', configuration], {
    // Distribution 3 reports to a collector of traces otherwise.
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, delay(STOP_MS, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await ended;
    await s3?.stop();
    await directory.remove();
  };
  const starting = new AbortController();
  const address = await Promise.race([listening(() => output, starting.signal), ended.then(() => undefined)]).finally(
    () => starting.abort(),
  );
  if (address === undefined) {
    await stop();
    throw new Error(`${program} does not listen: ${output}`);
  }
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${address}`,
    storage,
    log: () => output,
    requests: async (...methods) => {
      // The access log is written after the answer.
      await delay(100);
      return [...output.matchAll(/"([A-Z]+) (\S+) HTTP\/[\d.]+"/g)]
        .filter(([, method = '']) => methods.includes(method))
        .map(([, method, path]) => `${method} ${path}`);
    },
    stop,
  };
}

function configure(
  { deletion = true, readOnly = false, auth, tls, cache = false, port = 0 }: Options,
  storage: string,
  htpasswd: string,
) {
  return {
    version: '0.1',
    log: { level: 'info', formatter: 'json' },
    storage: {
      ...(cache && { cache: { blobdescriptor: 'inmemory' } }),
      ...(S3_PROGRAM === undefined ? { filesystem: { rootdirectory: storage } } : s3Storage(storage)),
      delete: { enabled: deletion },
      maintenance: { uploadpurging: { enabled: false }, readonly: { enabled: readOnly } },
    },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'test',
      ...(tls && { tls: { certificate: tls.certificate, key: tls.key } }),
    },
    ...(auth !== undefined && {
      auth: auth === 'htpasswd' ? { htpasswd: { realm: 'test', path: htpasswd } } : auth,
    }),
  };
}

/** The address in its output. @returns undefined if it does not listen in time */
async function listening(output: () => string, signal: AbortSignal): Promise<string | undefined> {
  for (const until = Date.now() + START_MS; Date.now() < until && !signal.aborted; await delay(20)) {
    const found = /listening on ([\d.]+:\d+)/.exec(output());
    if (found !== null) return found[1];
  }
  return undefined;
}
