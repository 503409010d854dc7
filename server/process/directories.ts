import { statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Whether a directory is there. @throws the file system's error if that cannot be told */
export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What is wrong with a setting that names no directory, to be read behind the setting's name. */
export const noDirectory = (path: string) => `must be a directory that exists; there is none at ${resolve(path)}`;
