// What is to be there after a crash: a file is in its directory for good when that one is synced.
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes a directory, with those above it where they are missing: they outlive a crash when this resolves. */
export async function makeDirectory(path: string): Promise<void> {
  // Resolved first: with `..` in it, what was made need not be above it.
  const target = resolve(path);
  const first = await mkdir(target, { recursive: true });
  if (first === undefined) return;
  const above = dirname(first);
  for (let made = target; made !== above; ) {
    made = dirname(made);
    await syncDirectory(made);
  }
}

/** What was made in a directory outlives a crash when this resolves. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
