// One server a DATA_DIR. The kernel holds the lock (flock) and drops it when the process ends, in whatever way, so no
// stale lock can be left. Node has no flock. The command flock (util-linux) locks a descriptor that it inherits; this
// process shares it and keeps the lock after the command has ended (flock(2): a lock belongs to the open file).
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const LOCK_FILE = '.swr-tag-delete.lock';

/** Exit code of `flock --nonblock` if another process holds the lock. */
const HELD = 1;

/** Another server uses the directory. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';
}

export interface DataDirLock {
  release(): void;
}

/**
 * Locks a directory for this process. Blocks for the few milliseconds that the command takes.
 * @throws DataDirInUse that names the process holding the lock, and since when; Error if the lock cannot be taken at all
 */
export function lockDataDir(directory: string): DataDirLock {
  const path = join(directory, LOCK_FILE);
  const file = openSync(path, 'a+');
  const { status, error, stderr } = spawnSync('flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file],
    encoding: 'utf8',
  });
  if (status !== 0) {
    const holder = status === HELD ? readFileSync(path, 'utf8').trim() : '';
    closeSync(file);
    if (status === HELD) throw new DataDirInUse(`${directory} is in use by ${holder || 'another process'}`);
    const reason =
      (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
        ? 'the command flock (util-linux) is missing'
        : stderr || error?.message;
    throw new Error(`${directory} cannot be locked: ${reason}`);
  }
  ftruncateSync(file);
  writeSync(file, `process ${process.pid} on ${hostname()} since ${new Date().toISOString()}\n`);
  let isHeld = true;
  return {
    release: () => {
      // Closing twice is not safe: the number may be another file's by then.
      if (isHeld) closeSync(file);
      isHeld = false;
    },
  };
}
