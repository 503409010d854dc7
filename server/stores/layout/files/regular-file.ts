// Opens the files of a layout. A user who may write in a repository can put a pipe, a device, a link or a huge file there.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StoreError } from '../../../store.ts';

/** Bytes of a file that are compared at once. */
const COMPARED_BYTES = 512 * 1024;

/**
 * Opens a file for reading, and nothing but a regular file: a link is not followed. O_NONBLOCK, because opening a pipe
 * would wait for its writer and hold one of the few threads of the file system calls: four pipes would stop them all.
 * @throws StoreError `invalid-layout` if it is not a regular file; errors of the file system
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY).catch((error: unknown) => {
    throw explain(path, error);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw notRegular(path);
}

/**
 * Reads a whole file, which must be a regular one.
 * @param maxBytes a larger file is refused before it is read
 * @throws StoreError `invalid-layout` if it is not regular or too large; errors of the file system
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new StoreError('invalid-layout', `${path} is larger than ${maxBytes} bytes`);
    return await readAll(file, size);
  } finally {
    await file.close();
  }
}

/** Reads from the start of a file, at most `size` bytes, regardless of its position. */
export async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/**
 * For the next comparisons, as many as there were at once. A new buffer each time would have V8 collect all garbage after
 * every few deletes.
 */
const spares: Buffer[] = [];

/**
 * Whether a file still holds these bytes, from its start. In pieces: a buffer of a large file's size takes longer to get
 * than to fill.
 */
export async function holds(file: FileHandle, bytes: Buffer): Promise<boolean> {
  const piece = spares.pop() ?? Buffer.allocUnsafeSlow(COMPARED_BYTES);
  try {
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, bytes.length - at), at);
      if (bytesRead === 0 || piece.compare(bytes, at, at + bytesRead, 0, bytesRead) !== 0) return false;
      at += bytesRead;
    }
    return true;
  } finally {
    spares.push(piece);
  }
}

/** A symbolic link is ELOOP, a socket or a device without a driver ENXIO. */
function explain(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ELOOP') return new StoreError('invalid-layout', `${path} is a symbolic link`, { cause: error });
  return code === 'ENXIO' || code === 'ENODEV' ? notRegular(path) : error;
}

function notRegular(path: string): StoreError {
  return new StoreError('invalid-layout', `${path} is not a regular file`);
}
