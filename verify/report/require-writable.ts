import { access, constants, mkdir } from 'node:fs/promises';
import { CannotRun } from '../cannot-run.ts';

/**
 * Makes a directory for reports where it is missing. Before the run, not after it: a run cannot be had again.
 * @throws CannotRun where reports could not be written there
 */
export async function requireWritable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (error) {
    throw new CannotRun([`--report-dir ${directory}: cannot be written to: ${(error as Error).message}`]);
  }
}
