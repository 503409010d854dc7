// Images in an OCI Distribution registry: SWR's <namespace>/<repository> is the repository there. Of its own the server
// keeps nothing but the intents of deletes that are under way.
import { mkdir } from 'node:fs/promises';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { inTime } from '../../in-time.ts';
import type { BasicCredentials, DeleteMode } from '../../registry-settings.ts';
import { type DeletedTag, type ImageTag, type Store, StoreError } from '../../store.ts';
import { DeleteQueue } from '../delete-queue.ts';
import { type DataDirLock, lockDataDir } from '../lock.ts';
import { type CredentialsOf, openAuthFile } from './access/credentials.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Distribution } from './distribution.ts';
import { DummyDelete } from './dummy-delete.ts';
import { Intents } from './intents.ts';
import { Recovery } from './recovery.ts';
import { TagDelete } from './tag-delete.ts';

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
  await mkdir(stateDir, { recursive: true });
  return new RegistryStore(options, credentialsOf, lockDataDir(stateDir), log);
}

class RegistryStore implements Store {
  readonly #connection: Connection;
  readonly #distribution: Distribution;
  readonly #tagDelete: TagDelete;
  readonly #recovery: Recovery;
  readonly #queues = new Map<string, DeleteQueue>();
  readonly #batches = new PQueue({ concurrency: MAX_BATCHES });
  readonly #lock: DataDirLock;

  constructor(options: RegistryStoreOptions, credentialsOf: CredentialsOf, lock: DataDirLock, log: Logger) {
    this.#lock = lock;
    const { url, deleteMode = 'auto', stateDir } = options;
    const registryLog = log.child({ registry: url.href });
    const intents = new Intents(stateDir, url, registryLog);
    this.#connection = new Connection(options);
    this.#distribution = new Distribution(url, this.#connection, credentialsOf);
    const dummyDelete = new DummyDelete(this.#distribution, intents, registryLog);
    this.#tagDelete = new TagDelete(this.#distribution, dummyDelete, deleteMode, registryLog);
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
    this.#lock.release();
  }

  #queueOf(name: string): DeleteQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const deleteBatch = (tags: ReadonlySet<string>) =>
        this.#batches.add(() => this.#tagDelete.deleteTags(name, tags));
      queue = new DeleteQueue(name, deleteBatch, BATCHES, () => this.#queues.delete(name));
      this.#queues.set(name, queue);
    }
    return queue;
  }
}
