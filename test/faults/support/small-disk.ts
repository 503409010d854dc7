// File systems that are full or read-only.
import { spawnSync } from 'node:child_process';
import { run } from '../../support/programs.ts';

/** Mounting takes root; `sudo` gives it without a question on the machines of most CIs. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

async function asRoot(...command: readonly string[]): Promise<void> {
  const [program = '', ...args] = [...AS_ROOT, ...command];
  await run(program, ...args);
}

/** A small file system in memory. @param bytes how much it holds @returns what takes it away */
export async function mountSmallDisk(directory: string, bytes: number): Promise<() => Promise<void>> {
  const owner = `uid=${process.getuid?.()},gid=${process.getgid?.()}`;
  await asRoot('mount', '-t', 'tmpfs', '-o', `size=${bytes},${owner}`, 'tmpfs', directory);
  return () => asRoot('umount', '--lazy', directory);
}

/** Lets nobody write in a directory any more, root neither. @returns what takes that back */
export async function makeReadOnly(directory: string): Promise<() => Promise<void>> {
  await asRoot('mount', '--bind', directory, directory);
  await asRoot('mount', '-o', 'remount,bind,ro', directory);
  return () => asRoot('umount', '--lazy', directory);
}

/**
 * Whether tests that need it have to be left out, which is said aloud. Never under CI: there it is a failure.
 */
export function cannotMount(): boolean {
  const [program = '', ...args] = [...AS_ROOT, 'unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'];
  const cannot = spawnSync(program, args).status !== 0;
  if (cannot)
    console.warn(
      'Left out: what is about full and read-only file systems. Mounting them takes root, or sudo without a password.',
    );
  return cannot && process.env['CI'] !== 'true';
}
