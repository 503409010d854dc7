// Images in an OCI Distribution registry: SWR's <namespace>/<repository> is the repository there. Of its own the server
// keeps nothing but the intents of deletes that are under way.
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { inTime } from '../../in-time.ts';
import { type DeletedTag, type ImageTag, type Store, StoreError } from '../../store.ts';
import { DeleteQueue } from '../delete-queue.ts';
import { type BasicCredentials, type CredentialsOf, openAuthFile } from './access/credentials.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Distribution } from './distribution.ts';
import { DummyDelete } from './dummy-delete.ts';
import { Intents } from './intents.ts';
import { Recovery } from './recovery.ts';
import { type DeleteMode, TagDelete } from './tag-delete.ts';

/** So many tags share a dummy; docker-registry takes 11 ms for each of them before the one delete. */
const BATCHES = { maxSize: 64, lingerMs: 5 };

/** Batches of so many repositories are under way at once. */
const MAX_BATCHES = 32;

/** The registry has so many milliseconds to say that it is there. */
const READY_TIMEOUT_MS = 5_000;

export interface RegistryStoreOptions extends ConnectionOptions {
  /** The URL before `/v2/`. */
  readonly url: URL;
  readonly credentials?: BasicCredentials | undefined;
  /** A Docker or containers `auth.json`; used where there are no `credentials`. */
  readonly authFile?: string | undefined;
  readonly deleteMode?: DeleteMode | undefined;
  /** A directory that outlives the process: what is under way is recorded there. */
  readonly stateDir: string;
}

/**
 * Opens a registry, without asking it anything yet.
 * @throws Problems where the auth file cannot be used
 */
export async function openRegistryStore(options: RegistryStoreOptions, log: Logger): Promise<Store> {
  const { credentials, authFile } = options;
  const nobody: CredentialsOf = async () => undefined;
  if (credentials !== undefined) return new RegistryStore(options, async () => credentials, log);
  return new RegistryStore(options, authFile === undefined ? nobody : await openAuthFile(authFile, options.url), log);
}

class RegistryStore implements Store {
  readonly #connection: Connection;
  readonly #distribution: Distribution;
  readonly #tagDelete: TagDelete;
  readonly #recovery: Recovery;
  readonly #queues = new Map<string, DeleteQueue>();
  readonly #batches = new PQueue({ concurrency: MAX_BATCHES });

  constructor(options: RegistryStoreOptions, credentialsOf: CredentialsOf, log: Logger) {
    const { url, deleteMode = 'auto', stateDir } = options;
    const registryLog = log.child({ registry: url.href });
    const intents = new Intents(stateDir, url);
    this.#connection = new Connection(options);
    this.#distribution = new Distribution(url, this.#connection, credentialsOf);
    const dummyDelete = new DummyDelete(this.#distribution, intents, registryLog);
    this.#tagDelete = new TagDelete(this.#distribution, dummyDelete, deleteMode, registryLog);
    this.#recovery = new Recovery(
      intents,
      dummyDelete,
      (repository, work) => this.#whenIdle(repository, work),
      registryLog,
    );
  }

  async deleteTag({ namespace, repository, tag }: ImageTag): Promise<DeletedTag> {
    const name = `${namespace}/${repository}`;
    try {
      return await this.#queueOf(name).deleteTag(tag);
    } finally {
      this.#forgetIdle(name);
    }
  }

  async ready(): Promise<void> {
    await inTime(this.#distribution.ping(), READY_TIMEOUT_MS).catch((cause: unknown) => {
      throw cause instanceof StoreError
        ? cause
        : new StoreError('unreachable', 'the registry does not answer', { cause });
    });
  }

  async close(): Promise<void> {
    await this.#recovery.stop();
    await Promise.all([...this.#queues.values()].map((queue) => queue.drained()));
    await this.#connection.close();
  }

  #queueOf(name: string): DeleteQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const deleteBatch = (tags: ReadonlySet<string>) =>
        this.#batches.add(() => this.#tagDelete.deleteTags(name, tags));
      queue = new DeleteQueue(name, deleteBatch, BATCHES);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  async #whenIdle(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await this.#queueOf(name).whenIdle(work);
    } finally {
      this.#forgetIdle(name);
    }
  }

  #forgetIdle(name: string): void {
    if (this.#queues.get(name)?.idle) this.#queues.delete(name);
  }
}
