// What a test is about, for the table of the README.
import { spawnSync } from 'node:child_process';
import 'vitest';

/** A program that is not ours, in one version. */
export interface Program {
  /** The table is grouped by it. */
  readonly kind:
    | 'registry'
    | 'storage of a registry'
    | 'image tool'
    | 'SDK'
    | 'generated client'
    | 'validator'
    | 'deployment';
  readonly name: string;
  readonly version: string;
}

declare module 'vitest' {
  interface TaskMeta {
    /** Given to `describe`, it holds for all tests inside. */
    program?: Program;
    /** What a test saw and a reader wants to know: a phrase for the table's last column. */
    seen?: string;
  }
}

/** The options of `describe` or `test` that make the row of a program. @param seen what it shows if it passes */
export const about = ({ kind, name, version }: Program, seen?: string) => ({
  meta: { program: { kind, name, version }, ...(seen !== undefined && { seen }) },
});

/** The version of a Debian package's program. */
export function versionOf(program: string): string {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return /\d+\.[\d.]+\d/.exec(stdout ?? '')?.[0] ?? 'missing';
}
