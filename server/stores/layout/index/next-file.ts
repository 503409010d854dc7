// The file beside index.json that becomes the next one. It has the attributes of the old one before it is renamed.
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { copyAttributes, setModeAndOwner } from '../files/copy-attributes.ts';
import type { IndexVersion } from './index-version.ts';
import { isSame, isSameFile, isUntouched, type Stamp, stampOf } from './stamp.ts';

/** A repository has one writer, so a crash leaves one such file; the next write replaces it. */
const NEXT_FILE = '.index.json.swr-tag-delete';

/**
 * Max copies of attributes for one change. Each time another program replaces index.json they are copied anew, which takes
 * milliseconds: a program that keeps replacing it would always be faster. After that, mode and owner alone are compared.
 */
const MAX_COPIES = 3;

interface Filled {
  readonly file: FileHandle;
  readonly like: Attributes;
  readonly isPlain: boolean;
}

type Attributes = Awaited<ReturnType<typeof attributesOf>>;

/** One for each change. Attempts that fail because another program writes share the file. */
export class NextFile {
  readonly path: string;
  #filled: Filled | undefined;
  #stamp: Stamp | undefined;
  #copies = 0;

  constructor(directory: string) {
    this.path = join(directory, NEXT_FILE);
  }

  /**
   * Writes the file and syncs it.
   * @param like the file whose attributes it gets @param old what is known of that
   * @throws errors of the file system; Error if the attributes cannot be copied
   */
  async fill(like: FileHandle, old: IndexVersion, bytes: Buffer): Promise<void> {
    const attributes = await attributesOf(like);
    if (this.#filled !== undefined && this.#isAlike(this.#filled.like, attributes)) {
      await this.#filled.file.truncate(0);
    } else {
      await this.discard();
      const file = await createAnew(this.path);
      this.#filled = { file, like: attributes, isPlain: false };
      const isPlain = old.isPlain && isUntouched(attributes, old.stamp);
      if (isPlain) await setModeAndOwner(file, attributes);
      this.#filled = { file, like: attributes, isPlain: isPlain || (await copyAttributes(like, file, attributes)) };
      this.#copies += 1;
    }
    const { file } = this.#filled;
    await writeAll(file, bytes);
    await file.sync();
    this.#stamp = await stampOf(file);
  }

  #isAlike(one: Attributes, other: Attributes): boolean {
    if (isSameFile(one, other)) return true;
    return this.#copies >= MAX_COPIES && one.mode === other.mode && one.uid === other.uid && one.gid === other.gid;
  }

  /** To be called once the file was renamed. Never throws. @returns its stamp, and whether it is plain */
  async release(): Promise<{ readonly stamp: Stamp; readonly isPlain: boolean }> {
    const { file, isPlain } = this.#filled as Filled;
    this.#filled = undefined;
    const written = this.#stamp as Stamp;
    // The rename has changed ctime. Another program may have written already: then the stamp has to tell.
    const renamed = await stampOf(file).catch(() => written);
    await file.close().catch(() => undefined);
    return { stamp: isSame(renamed, written) ? renamed : written, isPlain };
  }

  /** Removes the file, if there is one. */
  async discard(): Promise<void> {
    if (this.#filled === undefined) return;
    const { file } = this.#filled;
    this.#filled = undefined;
    await Promise.allSettled([file.close(), unlink(this.path)]);
  }
}

function attributesOf(file: FileHandle) {
  return file.stat({ bigint: true });
}

/** Creates a file. One that a crash has left is removed. */
async function createAnew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await unlink(path).catch(() => undefined);
    return open(path, 'wx', 0o600);
  }
}

/** Writes from the start, regardless of the file's position. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, written)).bytesWritten;
  }
}
