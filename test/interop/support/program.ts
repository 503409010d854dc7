// What a test is about, for the table of the README.
import 'vitest';

/** A program that is not ours, in one version. */
export interface Program {
  /** The table is grouped by it. */
  readonly kind: 'registry' | 'storage of a registry' | 'image tool' | 'SDK' | 'generated client' | 'validator';
  readonly name: string;
  readonly version: string;
}

declare module 'vitest' {
  interface TaskMeta {
    /** Given to `describe`, it holds for all tests inside. */
    program?: Program;
    /** What the test saw and a reader wants to know: a phrase for the table's last column. */
    seen?: string;
  }
}

/** The options of `describe` or `test` that make the row of a program. */
export const about = ({ kind, name, version }: Program) => ({ meta: { program: { kind, name, version } } });
