// Images in an OCI Distribution registry: SWR's <namespace>/<repository> is the repository there. Of its own the server
// keeps nothing but the intents of deletes that are under way.
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { inTime } from '../../process/in-time.ts';
import { type DeletedTag, type ImageTag, type Store, StoreError } from '../../store.ts';
import { DeleteQueue } from '../delete-queue.ts';
import { type DataDirLock, lockDataDir } from '../lock.ts';
import { type CredentialsOf, openAuthFile } from './api/access/credentials.ts';
import { Connection, type ConnectionOptions } from './api/connection.ts';
import { Distribution } from './api/distribution.ts';
import { DummyDelete } from './delete/delete-by-placeholder.ts';
import { TAGS_PER_DUMMY } from './delete/placeholder.ts';
import { TagDelete } from './delete/tag-delete.ts';
import { makeDirectory } from './durable.ts';
import { Intents } from './intents.ts';
import type { BasicCredentials, DeleteMode } from './options.ts';
import { Recovery } from './recovery.ts';

/** docker-registry takes 11 ms for each of the tags that share a dummy before the one delete. */
const BATCHES = { maxSize: TAGS_PER_DUMMY, lingerMs: 5 };

/** Batches of so many repositories are under way at once; the others wait, uncut, for a place. */
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
  /** A directory of this process alone, which outlives it: what is under way is recorded there. */
  readonly stateDir: string;
}

/**
 * Opens a registry; only what was begun in an earlier life is asked about.
 * @throws Problems where the auth file cannot be used; DataDirInUse; what the file system throws
 */
export async function openRegistryStore(options: RegistryStoreOptions, log: Logger): Promise<Store> {
  const { url, credentials, authFile, stateDir } = options;
  const always: CredentialsOf = async () => credentials;
  const credentialsOf = authFile === undefined ? always : await openAuthFile(authFile, url);
  await makeDirectory(stateDir);
  return new RegistryStore(options, credentialsOf, lockDataDir(stateDir), log);
}

class RegistryStore implements Store {
  readonly #connection: Connection;
  /** Of its own: whether the registry answers is not to wait for deletes that it holds up. */
  readonly #pingConnection: Connection;
  readonly #pings: Distribution;
  readonly #tagDelete: TagDelete;
  readonly #recovery: Recovery;
  readonly #queues = new Map<string, DeleteQueue>();
  readonly #places = new PQueue({ concurrency: MAX_BATCHES });
  readonly #lock: DataDirLock;

  constructor(options: RegistryStoreOptions, credentialsOf: CredentialsOf, lock: DataDirLock, log: Logger) {
    this.#lock = lock;
    const { url, deleteMode = 'auto', stateDir } = options;
    const registryLog = log.child({ registry: url.href });
    const intents = new Intents(stateDir, url, registryLog);
    this.#connection = new Connection(options);
    this.#pingConnection = new Connection(options, 1);
    this.#pings = new Distribution(url, this.#pingConnection, credentialsOf);
    const distribution = new Distribution(url, this.#connection, credentialsOf);
    const dummyDelete = new DummyDelete(distribution, intents, registryLog);
    this.#tagDelete = new TagDelete(distribution, dummyDelete, deleteMode, registryLog);
    this.#recovery = new Recovery(
      intents,
      dummyDelete,
      (repository, work) => this.#queueOf(repository).betweenBatches(work),
      registryLog,
    );
  }

  deleteTag({ namespace, repository, tag }: ImageTag): Promise<DeletedTag> {
    return this.#queueOf(`${namespace}/${repository}`).deleteTag(tag);
  }

  async ready(): Promise<void> {
    await inTime(this.#pings.ping(), READY_TIMEOUT_MS).catch((cause: unknown) => {
      throw cause instanceof StoreError
        ? cause
        : new StoreError('unreachable', 'the registry does not answer', { cause });
    });
  }

  async close(): Promise<void> {
    await this.#recovery.stop();
    await Promise.all([...this.#queues.values()].map((queue) => queue.drained()));
    await Promise.all([this.#connection.close(), this.#pingConnection.close()]);
    this.#lock.release();
  }

  #queueOf(name: string): DeleteQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const deleteBatch = (tags: ReadonlySet<string>) => this.#tagDelete.deleteTags(name, tags);
      const turn = <T>(batch: () => Promise<T>) => this.#places.add(batch);
      queue = new DeleteQueue(name, deleteBatch, { ...BATCHES, turn }, () => this.#queues.delete(name));
      this.#queues.set(name, queue);
    }
    return queue;
  }
}
