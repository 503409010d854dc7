import { access, constants, mkdir } from 'node:fs/promises';
import { CannotRun } from '../cannot-run.ts';

/**
 * Creates the directory for reports if it is missing. Call it before the run: a run cannot be repeated for its report.
 * @throws CannotRun if reports cannot be written there
 */
export async function requireWritable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (error) {
    throw new CannotRun([`--report-dir ${directory}: cannot be written to: ${(error as Error).message}`]);
  }
}
