// The registries that the suites of test/server/stores/registry run on. Debian's docker-registry is not among them:
// `npm test` runs on that one.
import type { GoProgram } from './support/go.ts';
import type { Program } from './support/program.ts';

/** A registry that is configured like docker-registry. */
export interface RegistryProgram extends Program, GoProgram {
  /** Which requests delete a tag alone, as the suites' traits. */
  readonly deletes: 'by-tag' | 'by-tag-even-if-off';
}

const distribution = (version: string, deletes: RegistryProgram['deletes']): RegistryProgram => ({
  kind: 'registry',
  name: 'Distribution',
  package: 'github.com/distribution/distribution/v3/cmd/registry',
  version,
  deletes,
});

export const REGISTRIES: readonly RegistryProgram[] = [
  distribution('v3.1.2', 'by-tag'),
  distribution('v3.0.0', 'by-tag-even-if-off'),
];

/** The name of its project in the configuration of the tests. */
export const projectName = ({ name, version }: Program) => `${name} ${version}`;
