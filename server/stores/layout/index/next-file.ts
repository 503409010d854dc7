// The file beside index.json that becomes the next one. It has the attributes of the old one before it is renamed.
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { copyAttributes } from '../files/copy-attributes.ts';
import { isSameFile, type Stamp, stampOf } from './stamp.ts';

/** A repository has one writer, so a crash leaves one such file; the next write replaces it. */
const NEXT_FILE = '.index.json.swr-tag-delete';

/**
 * How often attributes are copied for one change, as other programs put new files in place. Copying takes milliseconds,
 * and a program that replaces the file as often would be faster for ever. Later only mode and owner have to be the same.
 */
const MAX_COPIES = 3;

interface Filled {
  readonly file: FileHandle;
  readonly like: Attributes;
}

type Attributes = Awaited<ReturnType<typeof attributesOf>>;

/** One for each change. Attempts that fail because another program writes share the file. */
export class NextFile {
  readonly path: string;
  #filled: Filled | undefined;
  #copies = 0;

  constructor(directory: string) {
    this.path = join(directory, NEXT_FILE);
  }

  /** Writes the file and syncs it. @param like the file whose attributes it gets @throws errors of the file system */
  async fill(like: FileHandle, bytes: Buffer): Promise<Stamp> {
    const attributes = await attributesOf(like);
    if (this.#filled === undefined || !this.#isAlike(this.#filled.like, attributes)) {
      await this.discard();
      await unlink(this.path).catch(() => undefined);
      this.#filled = { file: await open(this.path, 'wx', 0o600), like: attributes };
      await copyAttributes(like, this.#filled.file);
      this.#copies += 1;
    }
    const { file } = this.#filled;
    await file.truncate(0);
    await writeAll(file, bytes);
    await file.sync();
    return stampOf(file);
  }

  #isAlike(one: Attributes, other: Attributes): boolean {
    if (isSameFile(one, other)) return true;
    return this.#copies >= MAX_COPIES && one.mode === other.mode && one.uid === other.uid && one.gid === other.gid;
  }

  /** To be called once the file was renamed. */
  async release(): Promise<void> {
    await this.#filled?.file.close();
    this.#filled = undefined;
  }

  /** Removes the file, if there is one. */
  async discard(): Promise<void> {
    if (this.#filled === undefined) return;
    await Promise.allSettled([this.release(), unlink(this.path)]);
  }
}

function attributesOf(file: FileHandle) {
  return file.stat({ bigint: true });
}

/** From the start, wherever the position of the file is. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, written)).bytesWritten;
  }
}
