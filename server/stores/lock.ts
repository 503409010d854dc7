// One server per DATA_DIR. The kernel holds the locks (flock) and drops them however the process ends, so no stale lock
// can be left. Node has no flock. The command flock (util-linux) locks a descriptor that it inherits; this
// process shares it and keeps the lock after the command has ended (flock(2): a lock belongs to the open file).
// Two locks: one of the directory itself, which nobody can remove while the server runs, and one of a file in it, which
// says who holds it, and works on network file systems that cannot lock a directory.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const LOCK_FILE = '.swr-tag-delete.lock';

/** Milliseconds for one lock. The command itself waits for nobody, but a network file system may not answer. */
const LOCK_MS = 5_000;

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
 * Locks a directory for this process. Blocks for the few milliseconds that the commands take.
 * @throws DataDirInUse that names the process holding the lock, and since when; Error if the lock cannot be taken at all
 */
export function lockDataDir(directory: string): DataDirLock {
  const open: number[] = [];
  const release = () => {
    // Emptied first: closing twice is not safe, the number may be another file's by then.
    for (const file of open.splice(0)) closeSync(file);
  };
  try {
    const file = openLockFile(join(directory, LOCK_FILE));
    open.push(file);
    const fileLock = lock(file);
    if (fileLock === 'held')
      throw new DataDirInUse(`${directory} is in use by ${readFileSync(file, 'utf8').trim() || 'another process'}`);
    if (fileLock !== 'locked') throw new Error(`${directory} cannot be locked: ${fileLock.reason}`);
    const folder = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    open.push(folder);
    if (lock(folder) === 'held')
      throw new DataDirInUse(`${directory} is in use by another process, whose ${LOCK_FILE} was removed`);
    ftruncateSync(file);
    writeSync(file, `process ${process.pid} on ${hostname()} since ${new Date().toISOString()}\n`, 0);
    return { release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Opens the lock file. Only the server's user may open it: any user who can open it could take the lock. The server may
 * run as root and write into the file, so it must not be a link to another one, of either kind.
 */
function openLockFile(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.nlink > 1) throw new Error(`${path} is not a regular file of one name: remove it`);
    if (stat.uid === process.geteuid?.()) fchmodSync(file, 0o600);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function lock(file: number): 'locked' | 'held' | { readonly reason: string } {
  const { status, error, stderr } = spawnSync('flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file],
    encoding: 'utf8',
    timeout: LOCK_MS,
    killSignal: 'SIGKILL',
  });
  if (status === 0) return 'locked';
  if (status === HELD) return 'held';
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOENT') return { reason: 'the command flock (util-linux) is missing' };
  if (code === 'ETIMEDOUT') return { reason: `the command flock was not done within ${LOCK_MS} ms` };
  return { reason: stderr || String(message) };
}
