// The file of `--ready-file`: tells a script that the mock listens, and where.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Problems } from '../server/process/input/problems.ts';

/** A file that exists only while the mock listens. */
export interface ReadyFile {
  /** Writes `{"url": …, "pid": …}`. A reader sees the whole text or no file. */
  write(url: string): Promise<void>;
  /** Removes the file, unless another process has written it meanwhile. */
  remove(): Promise<void>;
}

/**
 * Removes what an earlier process left, and checks that the file can be written. That of a process that still runs stays
 * until this one listens: it may be a mock on the same port, and then this one cannot start.
 * @throws Problems if it cannot
 */
export async function openReadyFile(file: string): Promise<ReadyFile> {
  const unfinished = `${file}.${process.pid}`;
  try {
    if (!(await isOfRunningProcess(file))) await rm(file, { force: true });
    await writeFile(unfinished, '');
    await rm(unfinished);
  } catch (error) {
    throw new Problems([`--ready-file ${file}: cannot be written: ${(error as NodeJS.ErrnoException).code}`]);
  }
  return {
    async write(url) {
      await writeFile(unfinished, `${JSON.stringify({ url, pid: process.pid })}\n`);
      await rename(unfinished, file);
    },
    async remove() {
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text.includes(`"pid":${process.pid}}`)) await rm(file, { force: true });
    },
  };
}

async function isOfRunningProcess(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(/"pid":(\d+)\}$/.exec(text.trim())?.[1]);
  // The same number again, such as in a container, is no other process.
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
