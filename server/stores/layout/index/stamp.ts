// What the file system says about a file, to tell whether it was written or replaced.
import type { FileHandle } from 'node:fs/promises';

/** Margin for the clock behind mtime and ctime, in nanoseconds: it ticks every 4 to 10 ms. */
const CLOCK_TICK_NS = 20_000_000n;

/** Fields that change when a file is written or replaced. */
export interface Stamp {
  readonly ino: bigint;
  /** Tells two files of one inode number apart: ext4 reuses a free number at once. 0 if the file system has none. */
  readonly birthtimeNs: bigint;
  readonly mtimeNs: bigint;
  /** Changes with every write, and cannot be set back; but also on a rename, chmod or link. */
  readonly ctimeNs: bigint;
  readonly size: bigint;
}

export function stampOf(file: FileHandle): Promise<Stamp> {
  return file.stat({ bigint: true });
}

/** Whether the stamps differ in ctime at most. A changed file can have its old size and mtime set back. */
export function isSame(one: Stamp, other: Stamp): boolean {
  return isSameFile(one, other) && one.mtimeNs === other.mtimeNs && one.size === other.size;
}

/** Whether not even ctime has changed. */
export function isUntouched(one: Stamp, other: Stamp): boolean {
  return isSame(one, other) && one.ctimeNs === other.ctimeNs;
}

/** Whether both stamps are of the same file, even if its content differs. */
export function isSameFile(one: Stamp, other: Stamp): boolean {
  return one.ino === other.ino && one.birthtimeNs === other.birthtimeNs;
}

/** Whether a write right now could leave the same ctime. By ctime, because mtime can be set to any time. */
export function isRecent({ ctimeNs }: Stamp): boolean {
  const ageNs = BigInt(Date.now()) * 1_000_000n - ctimeNs;
  return ageNs < CLOCK_TICK_NS;
}
