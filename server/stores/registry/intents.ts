// What is about to be done to tags, on disk before it is begun: a server that ends between the dummy and its deletion
// leaves behind what the next one has to finish.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StoreError } from '../../store.ts';
import type { TagDigests } from './dummy.ts';

/** No organization's name begins with a dot: it cannot be taken for one. */
const DIRECTORY = '.registry-intents';
const SUFFIX = '.json';

const intentSchema = z.object({
  registry: z.string(),
  repository: z.string(),
  replaced: z.record(z.string(), z.string()).transform((replaced) => new Map(Object.entries(replaced))),
  /** Milliseconds since 1970. */
  at: z.number(),
});

export type Intent = Readonly<z.infer<typeof intentSchema>>;

/** An intent on disk. */
export interface RecordedIntent {
  readonly intent: Intent;
  /** Forgets it: what it says is done. */
  remove(): Promise<void>;
}

export class Intents {
  readonly #directory: string;
  readonly #registry: string;

  /** @param stateDir where the directory of intents is made when it is needed @param registry whose intents count */
  constructor(stateDir: string, registry: URL) {
    this.#directory = join(stateDir, DIRECTORY);
    this.#registry = registry.href;
  }

  /**
   * Resolves when the intent is durable.
   * @throws StoreError `unavailable` where it cannot be written: then nothing may be begun
   */
  async record(repository: string, replaced: TagDigests): Promise<RecordedIntent> {
    const intent = { registry: this.#registry, repository, replaced: new Map(replaced), at: Date.now() };
    const path = join(this.#directory, randomUUID() + SUFFIX);
    const text = JSON.stringify({ ...intent, replaced: Object.fromEntries(replaced) });
    try {
      await mkdir(this.#directory, { recursive: true });
      await writeFile(path, text, { flag: 'wx', flush: true });
      await syncDirectory(this.#directory);
    } catch (cause) {
      await rm(path, { force: true }).catch(() => undefined);
      throw new StoreError('unavailable', `${path} cannot be written, nothing was begun`, { cause });
    }
    return { intent, remove: () => rm(path, { force: true }) };
  }

  /** All that are there. One that was torn when its server ended is no intent: nothing was begun yet. */
  async list(): Promise<readonly RecordedIntent[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const recorded: RecordedIntent[] = [];
    for (const name of names.filter((file) => file.endsWith(SUFFIX))) {
      const path = join(this.#directory, name);
      const intent = await this.#read(path);
      if (intent !== undefined) recorded.push({ intent, remove: () => rm(path, { force: true }) });
    }
    return recorded;
  }

  async #read(path: string): Promise<Intent | undefined> {
    try {
      const intent = intentSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      return intent.registry === this.#registry ? intent : undefined;
    } catch {
      return undefined;
    }
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
