// Programs in Go, built from the modules of their authors.
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cached, cachePath } from './cache.ts';

/** A program in Go. */
export interface GoProgram {
  /** The import path of its package `main`. */
  readonly package: string;
  /** An exact version of its module, with the `v`. */
  readonly version: string;
}

const key = (program: GoProgram) => `${program.package}@${program.version}`;

/** Where `buildGo` puts a program. */
export const goPath = (program: GoProgram) => join(cachePath(key(program)), basename(program.package));

/**
 * Builds a program unless it is there. The Go command checks its module and all that it needs by the checksum database.
 * @returns its path
 * @throws with Go's words if it cannot be built
 */
export async function buildGo(program: GoProgram): Promise<string> {
  const install = (directory: string) =>
    promisify(execFile)('go', ['install', key(program)], { env: { ...process.env, GOBIN: directory } });
  await cached(key(program), install).catch((cause: unknown) => {
    throw new Error(`${key(program)} cannot be built. Go and its module proxy are needed: ${cause}`, { cause });
  });
  return goPath(program);
}
