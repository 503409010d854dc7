// Files and directories that have to survive a crash: a new entry is durable once its directory is synced.
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes a directory and its missing parents. All of them are durable when this resolves. */
export async function makeDirectory(path: string): Promise<void> {
  // Resolved first: with `..` in the path, the made directories need not be its parents.
  const target = resolve(path);
  const first = await mkdir(target, { recursive: true });
  if (first === undefined) return;
  const above = dirname(first);
  for (let made = target; made !== above; ) {
    made = dirname(made);
    await syncDirectory(made);
  }
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
