// Versions of Node beside the one that runs the benchmark.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './builds.ts';

/**
 * The program of a version, installed from npm if it is not there yet.
 * @param major such as `24`
 * @throws if npm cannot install it
 */
export function nodeProgram(major: string): string {
  if (process.version.startsWith(`v${major}.`)) return process.execPath;
  return execFileSync(join(projectRoot, '.ci/node-program'), [major], { encoding: 'utf8' }).trim();
}
