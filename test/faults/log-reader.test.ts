// The reader of the log stalls under load, and goes away or stays: the server ends in its time all the same.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokenSha256 } from '../../server/http/auth/token.ts';
import { numbered } from '../server/stores/layout/synthetic.ts';
import { atLength } from '../support/length.ts';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/programs.ts';
import { exchange, requestText } from '../support/wire.ts';
import { Caller, deleteAll, deleteText, statusOf } from './support/caller.ts';
import { type Repository, tagsOf, writeRepository } from './support/images.ts';
import { endsWithin, startWired, type Wired, wirings } from './support/wirings.ts';

const TOKEN = 'token-of-an-unread-log';
/** The stated time of an end is 10 s; the rest is for a machine that has other work. */
const END_MS = 12_000;
const TAGS = 400;
/** Lines for requests without a tag: about 300 bytes each, far more than a pipe or a socket takes. */
const LINES = atLength(4_000, 20_000);

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let dataDir: string;
let credentials: string;
let repository: Repository;
let started: Wired[];

beforeEach(async () => {
  directory = await temporaryDirectory();
  dataDir = join(directory.path, 'images');
  credentials = join(directory.path, 'credentials.yaml');
  await mkdir(dataDir);
  await writeFile(
    credentials,
    JSON.stringify({ principals: [{ name: 'a', tokenSha256: tokenSha256(TOKEN), namespaces: ['*'] }] }),
  );
  repository = await writeRepository(dataDir, 'app', [...numbered('asked', TAGS), 'kept']);
  started = [];
});
afterEach(async () => {
  for (const server of started) server.remove();
  await directory.remove();
});

const settings = async () => ({
  DATA_DIR: dataDir,
  CREDENTIALS_FILE: credentials,
  PORT: String(await freePort()),
  ADMIN_PORT: String(await freePort()),
});

async function start(wiring: (typeof wirings)[number], env: Awaited<ReturnType<typeof settings>>): Promise<Wired> {
  const server = await startWired(wiring, directory.path, env);
  started.push(server);
  return server;
}

/** Deletes tags, and fills the log until nothing more of it goes out. @returns the images that were answered 204 */
async function load({ url }: Wired): Promise<Repository['images']> {
  const deletions = await deleteAll({ url, token: TOKEN }, repository.images.slice(0, TAGS), { connections: 16 });
  const request = requestText('DELETE /', { Connection: 'keep-alive' });
  await exchange(url, `${request.repeat(LINES)}${requestText('DELETE /')}`, 60_000);
  return deletions.filter(({ ending }) => statusOf(ending) === 204).map(({ image }) => image);
}

/** Whatever was answered 204 is gone, the other tag is there, and the next server has port and lock. */
async function expectNothingLost(deleted: Repository['images'], env: Awaited<ReturnType<typeof settings>>) {
  const present = await tagsOf(repository.layout);
  expect(deleted.filter(({ tag }) => present.has(tag))).toEqual([]);
  expect(present).toContain('kept');
  const next = await start(wirings[0] as (typeof wirings)[number], env);
  const caller = new Caller(next.url);
  expect(statusOf(await caller.ask(deleteText(repository.images.at(-1) as Repository['images'][number], TOKEN)))).toBe(
    204,
  );
  caller.close();
}

/** What happens to a server; each takes a start of its own, so that all of them are tried at full length only. */
const scenarios: readonly [title: string, run: (server: Wired) => Promise<Repository['images']>][] = [
  [
    'after SIGTERM when the reader stalls under load and then goes away',
    async (server) => {
      const deleted = await load(server);
      server.endReader();
      server.kill('SIGTERM');
      return deleted;
    },
  ],
  [
    'after SIGTERM when the reader stalls under load and stays',
    async (server) => {
      const deleted = await load(server);
      server.kill('SIGTERM');
      return deleted;
    },
  ],
  [
    'by itself when the reader stalls under load and then goes away',
    async (server) => {
      const deleted = await load(server);
      server.endReader();
      return deleted;
    },
  ],
  [
    'by itself when an idle server writes a line that nobody reads',
    async (server) => {
      server.endReader();
      await exchange(server.url, requestText('DELETE /'), 1_000).catch(() => undefined);
      return [];
    },
  ],
  [
    'after SIGTERM when it is idle and the reader is gone',
    async (server) => {
      server.endReader();
      server.kill('SIGTERM');
      return [];
    },
  ],
];

describe.each(wirings)('With its log unread on $title, the server ends', (wiring) => {
  test.each(scenarios.slice(0, atLength(1, scenarios.length)))('%s', { timeout: 300_000 }, async (_, run) => {
    const env = await settings();
    const server = await start(wiring, env);
    const deleted = await run(server);
    expect(await endsWithin(server, END_MS), 'it ended in time').toBe(true);
    server.endReader();
    await expectNothingLost(deleted, env);
  });
});
