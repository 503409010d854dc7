// Images in an OCI Distribution registry: SWR's <namespace>/<repository> is the repository there. The server itself keeps
// only the intents of deletes that are under way. The way of a delete: delete/delete-tags.ts.
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { inTime } from '../../process/in-time.ts';
import { type DeletedTag, type ImageTag, type Store, StoreError } from '../../store.ts';
import { type DeleteBatch, DeleteQueue } from '../delete-queue.ts';
import { type DataDirLock, lockDataDir } from '../lock.ts';
import { openAuthFile } from './api/access/auth-file.ts';
import type { CredentialsOf } from './api/access/credentials.ts';
import { Connection, type ConnectionOptions } from './api/connection.ts';
import { Distribution } from './api/distribution.ts';
import { Capabilities } from './delete/capability.ts';
import { PlaceholderDelete } from './delete/delete-by-placeholder.ts';
import { TagDelete } from './delete/delete-tags.ts';
import { TAGS_PER_PLACEHOLDER } from './delete/placeholder.ts';
import { Probe } from './delete/probe.ts';
import { makeDirectory } from './durable.ts';
import { Intents } from './intents.ts';
import type { BasicCredentials, DeleteMode } from './options.ts';
import { Recovery } from './recovery.ts';

/** docker-registry takes 11 ms to point a tag to the shared placeholder, before the one delete. */
const BATCHES = { maxSize: TAGS_PER_PLACEHOLDER, lingerMs: 5 };

/** Max repositories with a batch under way. The others wait for a place, and their batches go on growing. */
const MAX_BATCHES = 32;

/** Milliseconds in which the registry has to answer `ready`. */
const READY_TIMEOUT_MS = 5_000;

export interface RegistryStoreOptions extends ConnectionOptions {
  /** The URL before `/v2/`. */
  readonly url: URL;
  readonly credentials?: BasicCredentials | undefined;
  /** Path of a Docker or containers `auth.json`; used if there are no `credentials`. */
  readonly authFile?: string | undefined;
  readonly deleteMode?: DeleteMode | undefined;
  /** A directory that only this process uses and that outlives it: the intents are there. */
  readonly stateDir: string;
}

/**
 * Opens a registry. The only requests that this causes are those that finish interrupted deletes.
 * @throws Problems if the auth file cannot be used; DataDirInUse; errors of the file system
 */
export async function openRegistryStore(options: RegistryStoreOptions, log: Logger): Promise<Store> {
  const { url, credentials, authFile, stateDir } = options;
  const always: CredentialsOf = async () => credentials;
  const credentialsOf = authFile === undefined ? always : await openAuthFile(authFile, url);
  if (authFile !== undefined && (await credentialsOf('')) === undefined) {
    log.warn({ authFile, registry: url.host }, 'the auth file has no login for the whole registry');
  }
  await makeDirectory(stateDir);
  return new RegistryStore(options, credentialsOf, lockDataDir(stateDir), log);
}

class RegistryStore implements Store {
  readonly #connection: Connection;
  /** Separate, so that `ready` does not wait for deletes that hang. */
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
    const placeholderDelete = new PlaceholderDelete(distribution, intents, registryLog);
    const probe = new Probe(distribution, intents, registryLog);
    const capabilities = new Capabilities(deleteMode, probe, registryLog);
    this.#tagDelete = new TagDelete(distribution, capabilities, placeholderDelete);
    this.#recovery = new Recovery(
      intents,
      placeholderDelete,
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
    // Even if something fails, release the lock last, when nothing is under way.
    await Promise.allSettled([this.#recovery.stop()]);
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.drained()));
    await Promise.allSettled([this.#connection.close(), this.#pingConnection.close()]);
    this.#lock.release();
  }

  #queueOf(name: string): DeleteQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const deleteBatch: DeleteBatch = (tags, onDeleted) => this.#tagDelete.deleteTags(name, tags, onDeleted);
      const turn = <T>(batch: () => Promise<T>) => this.#places.add(batch);
      queue = new DeleteQueue(name, deleteBatch, { ...BATCHES, turn }, () => this.#queues.delete(name));
      this.#queues.set(name, queue);
    }
    return queue;
  }
}
