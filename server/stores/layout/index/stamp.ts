// What the file system says about a file, to tell whether it was written or replaced.
import type { FileHandle } from 'node:fs/promises';

/** Margin for the clock behind mtime, in nanoseconds: it ticks every 4 to 10 ms. */
const CLOCK_TICK_NS = 20_000_000n;

/** Fields that change when a file is written or replaced. */
export interface Stamp {
  readonly ino: bigint;
  /** Tells two files of one inode number apart: ext4 reuses a free number at once. 0 if the file system has none. */
  readonly birthtimeNs: bigint;
  readonly mtimeNs: bigint;
  /** Changes on a rename too, even if mtime is old. Our own renames change it as well. */
  readonly ctimeNs: bigint;
  readonly size: bigint;
}

export function stampOf(file: FileHandle): Promise<Stamp> {
  return file.stat({ bigint: true });
}

export function isSame(one: Stamp, other: Stamp): boolean {
  return isSameFile(one, other) && one.mtimeNs === other.mtimeNs && one.size === other.size;
}

/** Whether both stamps are of one file, whatever its content. */
export function isSameFile(one: Stamp, other: Stamp): boolean {
  return one.ino === other.ino && one.birthtimeNs === other.birthtimeNs;
}

/** Whether a write right now could leave the same mtime. */
export function isRecent({ mtimeNs }: Stamp): boolean {
  const ageNs = BigInt(Date.now()) * 1_000_000n - mtimeNs;
  return ageNs < CLOCK_TICK_NS;
}
