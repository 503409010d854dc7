// The deletes that are about to begin, on disk before their first request: a server that ends between a placeholder and
// its deletion finds here what to finish at its next start.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { StoreError } from '../../store.ts';
import { type TagDigests, tagDigestsSchema, toPairs } from './api/digest.ts';
import { makeDirectory, syncDirectory } from './durable.ts';

/** Begins with a dot, as no organization's name does: the two cannot be confused. */
const DIRECTORY = '.registry-intents';
const SUFFIX = '.json';
/** More than the names and digests of a batch take. */
const MAX_BYTES = 1024 * 1024;

/** What an operator is told. A torn file is not an intent: its server ended before the delete began. */
const UNUSABLE =
  'this record of an interrupted delete is ignored: if it is of this registry, see that its tags are as they should be, then remove the file';
const NOT_REMOVED = 'the record of a finished delete cannot be removed: a later start finds the delete done';
const NOT_RENEWED = 'the record of an unfinished delete cannot be renewed: it may be finished earlier than planned';

const intentSchema = z.object({
  registry: z.string(),
  repository: z.string(),
  replaced: tagDigestsSchema,
  /** Missing in files of earlier versions. */
  recordedAt: z.number().default(0),
});

/** A delete that was begun in a repository: the tags that got a placeholder, or were about to, and their digests. */
export interface Intent {
  readonly repository: string;
  readonly replaced: TagDigests;
  /** Time of Date.now(). */
  readonly recordedAt: number;
  /** Milliseconds since the last moment at which one of its requests may have been sent. */
  readonly age: number;
  /** Sets its age to 0. */
  renew(): Promise<void>;
  /** Removes it: the delete is done. */
  remove(): Promise<void>;
}

/** The intent of a delete that is under way. */
export interface OpenIntent {
  /** Ends the delete. @param isDone whether nothing of it is left behind, and none of its requests can arrive late */
  close(isDone: boolean): Promise<void>;
}

export class Intents {
  readonly #directory: string;
  readonly #registry: string;
  readonly #log: Logger;
  readonly #open = new Set<string>();
  /** Unusable files that the log has named. */
  readonly #reported = new Set<string>();

  /** @param stateDir a directory that no other process uses @param registry intents of other registries are ignored */
  constructor(stateDir: string, registry: URL, log: Logger) {
    this.#directory = join(stateDir, DIRECTORY);
    this.#registry = registry.href;
    this.#log = log;
  }

  /**
   * Records an intent. It is durable when this resolves.
   * @throws StoreError `unavailable` if it cannot be written: then the delete may not begin
   */
  async record(repository: string, replaced: TagDigests): Promise<OpenIntent> {
    const path = join(this.#directory, randomUUID() + SUFFIX);
    const recordedAt = Date.now();
    const text = JSON.stringify({ registry: this.#registry, repository, recordedAt, replaced: toPairs(replaced) });
    this.#open.add(path);
    try {
      await makeDirectory(this.#directory);
      await writeFile(path, text, { flag: 'wx', flush: true });
      await syncDirectory(this.#directory);
    } catch (cause) {
      this.#open.delete(path);
      await rm(path, { force: true }).catch(() => undefined);
      throw new StoreError('unavailable', `${path} cannot be written, so nothing was begun`, { cause });
    }
    return { close: (isDone) => this.#close(path, isDone) };
  }

  /** The intents of deletes that are not under way. @throws errors of the file system */
  async abandoned(): Promise<readonly Intent[]> {
    const names = await readdir(this.#directory).catch(noneIfMissing);
    const intents: Intent[] = [];
    for (const name of names.filter((file) => file.endsWith(SUFFIX))) {
      const path = join(this.#directory, name);
      if (this.#open.has(path)) continue;
      const intent = await this.#read(path).catch((err: unknown) => this.#report(path, err, UNUSABLE));
      if (intent !== undefined) intents.push(intent);
    }
    return intents;
  }

  async #close(path: string, isDone: boolean): Promise<void> {
    // If it cannot be removed, recovery looks at it again and finds it done.
    const closing = isDone ? rm(path, { force: true }) : renew(path);
    await closing.catch((err: unknown) => this.#report(path, err, isDone ? NOT_REMOVED : NOT_RENEWED));
    this.#open.delete(path);
  }

  async #read(path: string): Promise<Intent> {
    const { text, mtimeMs } = await readRecord(path);
    const { registry, repository, recordedAt, replaced } = intentSchema.parse(JSON.parse(text));
    if (registry !== this.#registry) throw new Error(`of another registry: ${registry}`);
    const age = Date.now() - mtimeMs;
    const remove = () => rm(path, { force: true });
    return { repository, replaced, recordedAt, age, renew: () => renew(path), remove };
  }

  /** Names a file once. */
  #report(path: string, err: unknown, message: string): undefined {
    if (!this.#reported.has(path)) this.#log.warn({ path, err }, message);
    this.#reported.add(path);
  }
}

/** O_NONBLOCK: opening a pipe would wait for its writer, and recovery with it. @throws errors of the file system, or why not */
async function readRecord(path: string): Promise<{ readonly text: string; readonly mtimeMs: number }> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile() || status.size > MAX_BYTES) throw new Error('not a regular file of at most 1 MiB');
    return { text: await file.readFile('utf8'), mtimeMs: status.mtimeMs };
  } finally {
    await file.close();
  }
}

async function renew(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** An unreadable directory is an error, not an empty one. */
function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
