// Real programs beside the server: skopeo and umoci write layouts, curl asks.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a program to its end. @throws with its standard error if it fails */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Whether tests with these programs have to be left out. Never under CI: there a missing program is a failure. */
export function areMissing(...programs: string[]): boolean {
  // Debian has servers where not every user's PATH leads.
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
  const isMissing = (program: string) => spawnSync(program, ['--version'], { env }).error !== undefined;
  return process.env['CI'] !== 'true' && programs.some(isMissing);
}

/** An empty directory, and how to remove it. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'swr-tag-delete-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
