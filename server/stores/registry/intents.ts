// What is about to be done to tags, on disk before it is begun: a server that ends between the dummy and its deletion
// leaves behind what it has to finish when it starts again.
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { StoreError } from '../../store.ts';
import { type TagDigests, tagDigestsSchema, toPairs } from './api/tag-digests.ts';
import { makeDirectory, syncDirectory } from './durable.ts';

/** No organization's name begins with a dot: it cannot be taken for one. */
const DIRECTORY = '.registry-intents';
const SUFFIX = '.json';

const intentSchema = z.object({
  registry: z.string(),
  repository: z.string(),
  replaced: tagDigestsSchema,
  /** Earlier versions did not write it. */
  recordedAt: z.number().default(0),
});

/** What was begun in a repository: tags that got a dummy, or were about to, and the digests that they had. */
export interface Intent {
  readonly repository: string;
  readonly replaced: TagDigests;
  /** Of Date.now(). */
  readonly recordedAt: number;
  /** Milliseconds since the last moment at which something of it may have been sent. */
  readonly age: number;
  /** Lets its age begin anew. */
  renew(): Promise<void>;
  /** Forgets it: what it says is done. */
  remove(): Promise<void>;
}

/** An intent of a delete that is under way. */
export interface OpenIntent {
  /** The delete is over. @param isDone whether nothing of it can be left behind, nor arrive late */
  close(isDone: boolean): Promise<void>;
}

export class Intents {
  readonly #directory: string;
  readonly #registry: string;
  readonly #log: Logger;
  readonly #open = new Set<string>();
  /** Files that were told of as not usable. */
  readonly #reported = new Set<string>();

  /** @param stateDir a directory that no other process uses @param registry whose intents count */
  constructor(stateDir: string, registry: URL, log: Logger) {
    this.#directory = join(stateDir, DIRECTORY);
    this.#registry = registry.href;
    this.#log = log;
  }

  /**
   * Resolves when the intent is durable.
   * @throws StoreError `unavailable` where it cannot be written: then nothing may be begun
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
      throw new StoreError('unavailable', `${path} cannot be written, nothing was begun`, { cause });
    }
    return { close: (isDone) => this.#close(path, isDone) };
  }

  /** All that nobody is at work on. @throws what the file system throws */
  async abandoned(): Promise<readonly Intent[]> {
    const names = await readdir(this.#directory).catch(noneWhereMissing);
    const intents: Intent[] = [];
    for (const name of names.filter((file) => file.endsWith(SUFFIX))) {
      const path = join(this.#directory, name);
      if (this.#open.has(path)) continue;
      const intent = await this.#read(path).catch((err: unknown) => this.#report(path, err));
      if (intent !== undefined) intents.push(intent);
    }
    return intents;
  }

  async #close(path: string, isDone: boolean): Promise<void> {
    // One that could not be removed is looked at once more, and found to be done.
    const closing = isDone ? rm(path, { force: true }) : renew(path);
    await closing.catch((err: unknown) => this.#report(path, err));
    this.#open.delete(path);
  }

  async #read(path: string): Promise<Intent> {
    const { registry, repository, recordedAt, replaced } = intentSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    if (registry !== this.#registry) throw new Error(`of another registry: ${registry}`);
    const { mtimeMs } = await stat(path);
    const age = Date.now() - mtimeMs;
    const remove = () => rm(path, { force: true });
    return { repository, replaced, recordedAt, age, renew: () => renew(path), remove };
  }

  /** One that was torn when its server ended is no intent: nothing was begun yet. */
  #report(path: string, err: unknown): undefined {
    if (!this.#reported.has(path)) this.#log.warn({ path, err }, 'an intent is left where it is');
    this.#reported.add(path);
  }
}

async function renew(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** What cannot be read is not taken for nothing. */
function noneWhereMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
