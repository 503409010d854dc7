// One server a DATA_DIR. The lock is the kernel's (flock): it goes with the process, however that ends, so nothing
// stale can be left behind. Node has no flock; the command of util-linux takes it on a descriptor that it inherits and
// shares with this process, which keeps it after the command has ended (flock(2): a lock belongs to the open file).
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const LOCK_FILE = '.swr-tag-delete.lock';

/** Exit code of `flock --nonblock` where another process has the lock. */
const HELD = 1;

/** Another server has the directory. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';
}

export interface DataDirLock {
  release(): void;
}

/**
 * Locks a directory for this process.
 * @throws DataDirInUse that names the process and since when; Error where the lock cannot be taken at all
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
      // Closed twice, the number could be another file's by then.
      if (isHeld) closeSync(file);
      isHeld = false;
    },
  };
}
