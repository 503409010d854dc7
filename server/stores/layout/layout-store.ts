// Images as OCI image layouts on disk, one layout a repository: DATA_DIR/<namespace>/<repository>.
import { access, constants, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { inTime } from '../../process/in-time.ts';
import { type DeletedTag, type ImageTag, type Store, StoreError } from '../../store.ts';
import { type DataDirLock, lockDataDir } from '../lock.ts';
import { LAYOUT_FILE } from './files/layout-check.ts';
import { LinkRefused, namespaceDirectory, repositoryDirectory } from './find-repository.ts';
import type { IndexVersion } from './index/index-version.ts';
import { LayoutRepository } from './repository.ts';
import { SharedWork } from './shared-work.ts';

/** Max size of the parsed indexes that are kept, in bytes. */
const CACHE_BYTES = 256 * 1024 * 1024;
/** Memory of a parsed descriptor beside its text, in bytes. */
const DESCRIPTOR_BYTES = 200;

/** Max repositories that are written at once; each needs up to five open files. */
const WRITERS = 32;

/** Pause between two sweeps for deleted tags that a slow copy has brought back, in milliseconds. */
const SWEEP_MS = 500;
/** Milliseconds that one repository's sweep may hold up those of the others. */
const SWEEP_WAIT_MS = 1_000;
/** Milliseconds for the last sweeps of all repositories, when the store closes. What is not swept by then stays as it is. */
const LAST_SWEEPS_MS = 300;

/**
 * Opens the layouts below a directory and locks it.
 * @throws DataDirInUse that names the process holding the lock; errors of the file system if it is not a directory
 */
export async function openLayoutStore(dataDir: string, log: Logger): Promise<Store> {
  const root = await realpath(dataDir);
  return new LayoutStore(root, lockDataDir(root), log);
}

class LayoutStore implements Store {
  readonly #root: string;
  readonly #lock: DataDirLock;
  readonly #log: Logger;
  readonly #repositories = new Map<string, LayoutRepository>();
  readonly #versions = new LRUCache<string, IndexVersion>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ index }) => index.bytes.length + index.descriptors.length * DESCRIPTOR_BYTES + 1,
  });
  /** Calls in progress; some have not reached their repository yet. */
  readonly #deleting = new Set<Promise<DeletedTag>>();
  readonly #lookups = new SharedWork<string>();
  readonly #writers = new PQueue({ concurrency: WRITERS });
  #sweeper: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(root: string, lock: DataDirLock, log: Logger) {
    this.#root = root;
    this.#lock = lock;
    this.#log = log;
    this.#sweepLater();
  }

  async deleteTag(image: ImageTag): Promise<DeletedTag> {
    const deleting = this.#deleteTag(image);
    this.#deleting.add(deleting);
    try {
      return await deleting;
    } finally {
      this.#deleting.delete(deleting);
    }
  }

  async #deleteTag(image: ImageTag): Promise<DeletedTag> {
    try {
      return await this.#deleteIn(await this.#directoryOf(image), image.tag);
    } catch (error) {
      if (!(error instanceof StoreError)) throw await this.#explain(error, image);
      // For the operator alone: a caller may not learn what exists elsewhere.
      if (error instanceof LinkRefused) this.#log.warn(image, error.message);
      throw error;
    }
  }

  /** The real directory: two names of it (a symbolic link) must not commit beside each other. */
  #directoryOf({ namespace, repository }: ImageTag): Promise<string> {
    return this.#lookups.run(`${namespace}/${repository}`, async () =>
      repositoryDirectory(await namespaceDirectory(this.#root, namespace), repository),
    );
  }

  async #deleteIn(directory: string, tag: string): Promise<DeletedTag> {
    let layout = this.#repositories.get(directory);
    if (layout === undefined) {
      layout = new LayoutRepository(directory, this.#versions, (batch) => this.#writers.add(batch), this.#log);
      this.#repositories.set(directory, layout);
    }
    try {
      return await layout.deleteTag(tag);
    } finally {
      this.#forgetIdle(directory, layout);
    }
  }

  async ready(): Promise<void> {
    try {
      await access(this.#root, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new StoreError('unavailable', `${this.#root} cannot be read and written`, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#sweeper);
    await Promise.allSettled(this.#deleting);
    const sweepUntil = performance.now() + LAST_SWEEPS_MS;
    await Promise.all([...this.#repositories.values()].map((layout) => layout.close(sweepUntil)));
    this.#lock.release();
  }

  /** Schedules the next sweep when the last one has ended. */
  #sweepLater(): void {
    if (this.#isClosing) return;
    this.#sweeper = setTimeout(() => void this.#sweep().finally(() => this.#sweepLater()), SWEEP_MS).unref();
  }

  /** One after another. One that hangs is waited for once: until it ends, its repository has no sweep to do. */
  async #sweep(): Promise<void> {
    for (const [directory, layout] of this.#repositories) {
      if (this.#isClosing) return;
      const swept = layout.sweep(Date.now()).then(() => this.#forgetIdle(directory, layout));
      await inTime(swept, SWEEP_WAIT_MS).catch(() => undefined);
    }
  }

  /** Frees the memory, for a missing repository too. A newer object of the same directory stays: it may have work. */
  #forgetIdle(directory: string, layout: LayoutRepository): void {
    if (layout.idle && this.#repositories.get(directory) === layout) this.#repositories.delete(directory);
  }

  /** Finds out what a missing file means: no organization, no repository, or a layout that lacks a part. */
  async #explain(error: unknown, { namespace, repository }: ImageTag): Promise<StoreError> {
    const directory = join(this.#root, namespace, ...repository.split('/'));
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      return new StoreError('unavailable', `${directory}: ${(error as Error).message}`, { cause: error });
    }
    if (!(await exists(join(this.#root, namespace))))
      return new StoreError('organization-not-found', `no directory ${join(this.#root, namespace)}`);
    // `blobs` alone proves nothing: a repository may be called that, and its parent directory is not a layout.
    for (const part of [LAYOUT_FILE, 'index.json']) {
      if (await exists(join(directory, part))) {
        return new StoreError('invalid-layout', `${directory}: ${(error as Error).message}`, { cause: error });
      }
    }
    return new StoreError('repository-not-found', `no layout in ${directory}`);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
